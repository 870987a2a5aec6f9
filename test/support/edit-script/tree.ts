export type Entry = { text: string; executable?: boolean } | { link: string } | { submodule: string };
/** The files of one commit by path. A submodule is named by its commit. */
export type Tree = Map<string, Entry>;

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

/** Files whose text Bazel or git reads as a language or a list. */
export function isSyntax(path: string): boolean {
  return (
    isBuild(path) ||
    isBzl(path) ||
    /(?:\.bazel|rc|\.bazelignore|lock\.json|\.BUILD|\.lock|\.git\w+|WORKSPACE\S*|\.settings|prelude_bazel)$/.test(
      path,
    )
  );
}

/** A tree is never empty for git: directories without files do not exist in it. */
export function isFree(tree: Tree, path: string): boolean {
  if (tree.has(path)) return false;
  for (let at = directoryOf(path); at !== ''; at = directoryOf(at)) if (tree.has(at)) return false;
  return ![...tree.keys()].some((other) => other.startsWith(`${path}/`));
}

/** Makes `tree` hold what `saved` holds. */
export function restoreTree(tree: Tree, saved: Tree): void {
  tree.clear();
  for (const [path, entry] of saved) tree.set(path, entry);
}
