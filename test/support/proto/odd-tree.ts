import { Buffer } from 'node:buffer';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file of the odd tree. `printed` is its path as Bazel prints it: latin-1 bytes read as UTF-8. */
interface OddFile {
  path: Buffer;
  printed: string;
  kind: 'file' | 'executable' | 'directory' | { linkTo: string };
}

/** Files below a workspace's root, with every kind of name and type that a digest tells apart. */
export const ODD_FILES: readonly OddFile[] = [
  odd('root.txt'),
  odd('empty', 'file'),
  odd('a/x.txt'),
  odd('a/run.sh', 'executable'),
  odd('a/with space.txt'),
  odd('a/new\nline.txt'),
  odd('a/é.txt'),
  odd('a/漢字.txt', 'executable'),
  odd('a/𝒳.txt'),
  odd('a/b/deep.txt'),
  odd('a/b/ü/deeper.txt'),
  odd('a/folder', 'directory'),
  odd('a/link-to-file', { linkTo: 'x.txt' }),
  odd('a/link-to-run', { linkTo: 'run.sh' }),
  odd('a/link-to-folder', { linkTo: 'folder' }),
  odd('a/dangling', { linkTo: 'nowhere' }),
  odd('a/r1.out'),
  odd('a/defs.bzl'),
  odd('a/é.bzl'),
  odd('b/more.scl'),
  odd('b/folder.bzl', 'directory'),
  odd('b/c|d'),
  odd('b/c', 'executable'),
  odd('x.bzl'),
  odd('external/other'),
  // Names that are not what Bazel prints: one of latin-1 bytes, one that only exists as printed.
  { path: Buffer.from('a/lat\u00efn.txt', 'latin1'), printed: 'a/lat\u00efn.txt', kind: 'file' },
  { path: Buffer.from('a/pl\u00e4in.txt', 'utf8'), printed: 'a/pl\u00e4in.txt', kind: 'file' },
  { path: Buffer.from('a/b\u00f6th.txt', 'latin1'), printed: 'a/b\u00f6th.txt', kind: 'file' },
  { path: Buffer.from('a/b\u00f6th.txt', 'utf8'), printed: 'a/b\u00f6th.txt', kind: 'executable' },
];

/** Files below `<output base>/external`; the repos are `inner`, `plus` and `found`. */
export const ODD_EXTERNAL_FILES: readonly OddFile[] = [
  odd('inner/BUILD'),
  odd('inner/in.txt'),
  odd('inner/sub/é.txt', 'executable'),
  odd('plus+/in.txt'),
  odd('found~1.0/in.txt'),
  odd('canon~/in.txt'),
];

/** Main-repo paths as Bazel prints them, of files that exist and of some that do not. */
export const ODD_PATHS: readonly string[] = [
  ...ODD_FILES.map((file) => file.printed),
  'missing.txt',
  'a/míssing.txt',
];

/** Writes `files` below `root`; every content is unlike the others. */
export function writeOddTree(root: string, files: readonly OddFile[]): void {
  for (const [index, file] of files.entries()) {
    const absolute = Buffer.concat([Buffer.from(`${root}/`), file.path]);
    if (file.kind === 'directory') {
      mkdirSync(absolute, { recursive: true });
      continue;
    }
    mkdirSync(Buffer.from(dirname(absolute.toString('latin1')), 'latin1'), { recursive: true });
    if (typeof file.kind === 'object') {
      symlinkSync(file.kind.linkTo, absolute);
      continue;
    }
    writeFileSync(absolute, file.printed === 'empty' ? '' : `content ${index}\n`);
    chmodSync(absolute, file.kind === 'executable' ? 0o755 : 0o644);
  }
}

function odd(path: string, kind: OddFile['kind'] = 'file'): OddFile {
  return { path: Buffer.from(path), printed: Buffer.from(path).toString('latin1'), kind };
}
