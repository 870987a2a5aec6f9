import { Buffer } from 'node:buffer';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { sha256 } from './sha256.ts';

export interface ReferenceFileOptions {
  workspace: string;
  /** Path as the label prints it -> the text that stands for the content. */
  contentHashes?: ReadonlyMap<string, string> | undefined;
  /** Lines of the modified-files list; none: every file counts as modified. */
  modifiedFilePaths?: readonly string[] | undefined;
  /** As the user wrote them, so with their `@`. */
  fineGrainedRepos?: readonly string[] | undefined;
  outputBase?: string | undefined;
  /** Repo name -> first line of `bazel query @repo//... --keep_going --output location`. */
  repoLocations?: ReadonlyMap<string, string> | undefined;
}

/** D of the format: the digest of a source file. @param seed S, nothing for the heuristic digest */
export function sourceDigest(label: string, seed: Uint8Array, options: ReferenceFileOptions): Buffer {
  const file = locate(label, options);
  if (file === undefined) return sha256();
  const parts: (Uint8Array | string)[] = [];
  const executable = file.stat !== undefined && (file.stat.mode & 0o100) !== 0 ? 1 : 0;
  const contentHash = options.contentHashes?.get(file.contentHashKey);
  if (contentHash !== undefined) parts.push(contentHash, byte(1), byte(executable));
  else if (file.stat === undefined) parts.push(byte(0));
  else if (file.stat.isFile()) {
    if (isModified(file.absolute, options)) parts.push(readFileSync(file.diskPath));
    parts.push(byte(1), byte(executable));
  }
  return sha256(...parts, seed, label);
}

/** H of the format: the digest of an input that is no target; undefined where it has none. */
export function heuristicDigest(label: string, options: ReferenceFileOptions): Buffer | undefined {
  if (!isMainRepo(label)) return undefined;
  const file = locate(label, options);
  if (file?.stat === undefined || !file.stat.isFile()) return undefined;
  return sourceDigest(label, new Uint8Array(), options);
}

export function isMainRepo(label: string): boolean {
  return /^@{0,2}\/\//.test(label);
}

/** Where a label's file is. `absolute` as the label prints it, `diskPath` as the kernel knows it. */
interface Located {
  contentHashKey: string;
  absolute: string;
  diskPath: Buffer;
  stat: Stats | undefined;
}

function locate(label: string, options: ReferenceFileOptions): Located | undefined {
  if (isMainRepo(label)) {
    const path = labelPath(label.replace(/^@{0,2}\/\//, ''));
    return locateBelow(options.workspace, path, path);
  }
  if (!label.startsWith('@')) return undefined;
  const [at, rest, ...more] = label.split('//');
  const repo = withoutAt(at ?? '');
  if (rest === undefined || more.length > 0) return undefined;
  if (!(options.fineGrainedRepos ?? []).some((name) => withoutAt(name) === repo)) return undefined;
  const path = labelPath(rest);
  return locateBelow(externalRoot(repo, options), path, `external/${repo}/${path}`);
}

function locateBelow(root: string, path: string, contentHashKey: string): Located {
  const asPrinted = Buffer.from(join(root, path));
  const asLatin1 = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
  const isLatin1 = Buffer.from(path, 'latin1').toString('latin1') === path;
  const diskPath = isLatin1 && (existsSync(asLatin1) || !existsSync(asPrinted)) ? asLatin1 : asPrinted;
  const stat = existsSync(diskPath) ? statSync(diskPath) : undefined;
  return { contentHashKey, absolute: `${root}/${path}`, diskPath, stat };
}

function externalRoot(repo: string, options: ReferenceFileOptions): string {
  const outputBase = options.outputBase ?? '/nonexistent-output-base';
  for (const name of [repo, `${repo}+`])
    if (existsSync(join(outputBase, 'external', name))) return join(outputBase, 'external', name);
  const part = options.repoLocations?.get(repo)?.match(/(?:^|\/)external\/([^/]+)/)?.[1];
  return part === undefined ? join(options.workspace, 'external', repo) : join(outputBase, 'external', part);
}

function isModified(absolute: string, options: ReferenceFileOptions): boolean {
  const list = options.modifiedFilePaths ?? [];
  // `resolve` would normalise: `./a` is not `a` here.
  const resolved = list.map((path) =>
    path.startsWith('/') ? path : `${resolve(options.workspace)}/${path}`,
  );
  return list.length === 0 || resolved.includes(absolute);
}

function labelPath(afterSlashes: string): string {
  return afterSlashes.replace(/^:/, '').replaceAll(':', '/');
}

function withoutAt(name: string): string {
  return name.replace(/^@+/, '');
}

function byte(value: number): Uint8Array {
  return new Uint8Array([value]);
}
