import { join } from 'node:path';

/** Where the files of labels are, and what replaces reading them. Plain data: it is sent to threads. */
export interface SourceContext {
  workspacePath: string;
  /** Content hashes by path (relative to the workspace), used instead of reading the file. */
  contentHashes: ReadonlyMap<string, string> | undefined;
  /** Absolute paths; the bytes of other files do not count. Undefined: all count. */
  modifiedPaths: ReadonlySet<string> | undefined;
  /** Root directories of the repositories that are hashed target by target, by name without `@`. */
  externalRoots: ReadonlyMap<string, string>;
}

/** The file of a label. */
export interface SourcePath {
  /** As in content-hash files: relative to the workspace, `external/<repo>/…` for another repository. */
  relative: string;
  /** Directory that `path` is in, with a slash. An absolute path of another place is looked for below it too. */
  root: string;
  /** As Bazel prints it. */
  path: string;
}

/**
 * @returns undefined for a label whose content does not count: another repository that is not in
 *   `context.externalRoots`, or a label of no known form
 */
export function sourcePath(label: string, context: SourceContext): SourcePath | undefined {
  const prefix = MAIN_PREFIXES.find((known) => label.startsWith(known));
  if (prefix !== undefined) {
    const path = toPath(label.slice(prefix.length));
    return { relative: path, root: withSlash(context.workspacePath), path };
  }
  if (!label.startsWith('@')) return undefined;
  const parts = label.split('//');
  if (parts.length !== 2) return undefined;
  const repo = (parts[0] as string).replace(/^@+/, '');
  const root = context.externalRoots.get(repo);
  if (root === undefined) return undefined;
  const path = toPath(parts[1] as string);
  return { relative: join('external', repo, path), root: withSlash(root), path };
}

const MAIN_PREFIXES = ['//', '@//', '@@//'];

function withSlash(directory: string): string {
  return directory.endsWith('/') ? directory : `${directory}/`;
}

function toPath(name: string): string {
  return (name.startsWith(':') ? name.slice(1) : name).replaceAll(':', '/');
}

/** @returns the one file that a label of the main repository can mean; undefined where the name may mean several */
export function mainRepoFile(label: string, context: SourceContext): string | undefined {
  if (!MAIN_PREFIXES.some((prefix) => label.startsWith(prefix)) || !isAscii(label)) return undefined;
  const path = sourcePath(label, context);
  return path === undefined ? undefined : path.root + path.path;
}

/**
 * Bazel 7 and older print each byte of a name as one character (latin-1); newer ones print the text.
 * @returns the files to try, in order; the first is what Bazel 7 means. Not normalised: `..` stays.
 */
export function fileSpellings({ root, path }: SourcePath): (string | Buffer)[] {
  if (isAscii(path)) return [root + path];
  const asText = root + path;
  return isLatin1(path)
    ? [Buffer.concat([Buffer.from(root), Buffer.from(path, 'latin1')]), asText]
    : [asText];
}

/** @returns the absolute paths, as a user writes them, that may mean this file */
export function writtenPaths({ root, path }: SourcePath): string[] {
  const decoded = decodedSpelling(path);
  return decoded === undefined ? [root + path] : [root + path, root + decoded];
}

/** @returns the text that a user writes for a path that Bazel printed byte by byte, if it is one */
export function decodedSpelling(path: string): string | undefined {
  if (isAscii(path) || !isLatin1(path)) return undefined;
  const text = Buffer.from(path, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}
