import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type Entry = { text: string; executable?: boolean } | { link: string };
/** The files of one commit by path. */
export type Tree = Map<string, Entry>;

/** Makes a work tree hold exactly a tree. */
export async function writeTree(directory: string, tree: Tree): Promise<void> {
  for (const name of await readdir(directory))
    if (name !== '.git') await rm(join(directory, name), { recursive: true });
  for (const [path, entry] of tree) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    if ('link' in entry) await symlink(entry.link, file);
    else {
      await writeFile(file, entry.text);
      await chmod(file, entry.executable === true ? 0o755 : 0o644);
    }
  }
}

export function textOf(tree: Tree, path: string): string {
  const entry = tree.get(path);
  return entry !== undefined && 'text' in entry ? entry.text : '';
}

export function setText(tree: Tree, path: string, text: string): void {
  const entry = tree.get(path);
  tree.set(path, entry !== undefined && 'text' in entry ? { ...entry, text } : { text });
}

export function isBuild(path: string): boolean {
  return /(?:^|\/)BUILD(?:\.bazel)?$/.test(path);
}

export function isBzl(path: string): boolean {
  return /\.(?:bzl|scl)$/.test(path);
}

export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Paths of plain files (no links) for which `wanted` holds. */
export function filesOf(tree: Tree, wanted: (path: string) => boolean = () => true): string[] {
  return [...tree].filter(([path, entry]) => 'text' in entry && wanted(path)).map(([path]) => path);
}

/** Files whose text Bazel reads as a language or a list. */
export function isSyntax(path: string): boolean {
  return (
    isBuild(path) ||
    isBzl(path) ||
    /(?:\.bazel|rc|\.bazelignore|lock\.json|\.BUILD|\.lock|\.gitattributes|WORKSPACE|\.settings)$/.test(path)
  );
}

/** A tree is never empty for git: directories without files do not exist in it. */
export function isFree(tree: Tree, path: string): boolean {
  if (tree.has(path)) return false;
  for (let at = directoryOf(path); at !== ''; at = directoryOf(at)) if (tree.has(at)) return false;
  return ![...tree.keys()].some((other) => other.startsWith(`${path}/`));
}
