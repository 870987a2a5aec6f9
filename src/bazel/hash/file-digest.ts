import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { DewarError } from '../../core/errors.ts';
import { decodedSpelling, fileSpellings, sourcePath, writtenPaths } from './source-path.ts';
import type { SourceContext, SourcePath } from './source-path.ts';

const OWNER_MAY_EXECUTE = 0o100;
/** Larger files are hashed piece by piece. */
const IN_MEMORY = 1 << 20;

const EMPTY_DIGEST: Buffer = hash('sha256', '', 'buffer');
let scratch: Buffer = Buffer.allocUnsafeSlow(IN_MEMORY + (1 << 16));

/**
 * The digest of a source file: D of the format.
 * @param suffix what follows the content: S (or nothing) and the label
 * @throws DewarError SOURCE_UNREADABLE
 */
export function sourceDigest(label: string, suffix: Uint8Array, context: SourceContext): Buffer {
  const path = sourcePath(label, context);
  if (path === undefined) return EMPTY_DIGEST;
  const contentHash = contentHashOf(path, context);
  if (contentHash !== undefined) return digestOfHash(contentHash, path, suffix);
  return digestOfFile(path, suffix, context);
}

/**
 * The digest of a label that is no target, if its file is a regular file of the main repository: H of the format.
 * @throws DewarError SOURCE_UNREADABLE
 */
export function heuristicDigest(label: string, context: SourceContext): Buffer | undefined {
  if (label.startsWith('@') && !label.startsWith('@//') && !label.startsWith('@@//')) return undefined;
  const path = sourcePath(label, context);
  if (path === undefined || statOf(path)?.isFile() !== true) return undefined;
  return sourceDigest(label, Buffer.from(label, 'utf8'), context);
}

/**
 * D or H of a regular file whose content is at hand.
 * @param suffix as for `sourceDigest`
 */
export function contentDigest(content: Uint8Array, executable: boolean, suffix: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([content, Buffer.of(1, executable ? 1 : 0), suffix]), 'buffer');
}

function contentHashOf(path: SourcePath, context: SourceContext): string | undefined {
  if (context.contentHashes === undefined) return undefined;
  const decoded = decodedSpelling(path.relative);
  return (
    context.contentHashes.get(path.relative) ??
    (decoded === undefined ? undefined : context.contentHashes.get(decoded))
  );
}

function digestOfHash(contentHash: string, path: SourcePath, suffix: Uint8Array): Buffer {
  const executable = ((statOf(path)?.mode ?? 0) & OWNER_MAY_EXECUTE) !== 0;
  return contentDigest(Buffer.from(contentHash, 'utf8'), executable, suffix);
}

function digestOfFile(path: SourcePath, suffix: Uint8Array, context: SourceContext): Buffer {
  const file = openAny(path);
  if (file === 'missing') return hash('sha256', Buffer.concat([Buffer.of(0), suffix]), 'buffer');
  if (file === 'special') return hash('sha256', suffix, 'buffer');
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return hash('sha256', suffix, 'buffer');
    const executable = (stats.mode & OWNER_MAY_EXECUTE) === 0 ? 0 : 1;
    const counts = isModified(path, context);
    if (counts && stats.size > IN_MEMORY) return digestInPieces(file, executable, suffix);
    const size = counts ? readWhole(file, stats.size) : 0;
    return digestOfScratch(size, executable, suffix);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    closeSync(file);
  }
}

/** Reads to the end of the file, which may have grown since its size was read. @returns the bytes in `scratch` */
function readWhole(file: number, expected: number): number {
  let size = 0;
  for (;;) {
    if (size === scratch.length) scratch = Buffer.concat([scratch, Buffer.allocUnsafeSlow(scratch.length)]);
    const count = readSync(file, scratch, size, scratch.length - size, null);
    size += count;
    if (count === 0) return size;
    // One more read only where the file is not of the size it had.
    if (size === expected) return size;
  }
}

function digestOfScratch(size: number, executable: number, suffix: Uint8Array): Buffer {
  const length = size + 2 + suffix.length;
  if (length > scratch.length) scratch = Buffer.concat([scratch, Buffer.allocUnsafeSlow(length)]);
  scratch[size] = 1;
  scratch[size + 1] = executable;
  scratch.set(suffix, size + 2);
  return hash('sha256', scratch.subarray(0, length), 'buffer');
}

function digestInPieces(file: number, executable: number, suffix: Uint8Array): Buffer {
  const digest = createHash('sha256');
  for (;;) {
    const count = readSync(file, scratch, 0, IN_MEMORY, null);
    if (count === 0) break;
    digest.update(scratch.subarray(0, count));
  }
  return digest.update(Buffer.of(1, executable)).update(suffix).digest();
}

function isModified(path: SourcePath, { modifiedPaths }: SourceContext): boolean {
  return modifiedPaths === undefined || writtenPaths(path).some((written) => modifiedPaths.has(written));
}

/** Opens without waiting (a FIFO would block); 'special' exists but is nothing that can be opened so. */
function openAny(path: SourcePath): number | 'missing' | 'special' {
  for (const spelling of fileSpellings(path)) {
    try {
      return openSync(spelling, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENXIO' || code === 'ENODEV') return 'special';
      if (code === undefined || !ABSENT.has(code)) throw unreadable(path, error);
    }
  }
  return 'missing';
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

function statOf(path: SourcePath): Stats | undefined {
  for (const spelling of fileSpellings(path)) {
    try {
      const stats = statSync(spelling, { throwIfNoEntry: false });
      if (stats !== undefined) return stats;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined || !ABSENT.has(code)) throw unreadable(path, error);
    }
  }
  return undefined;
}

function unreadable(path: SourcePath, cause: unknown): DewarError {
  return new DewarError({
    code: 'SOURCE_UNREADABLE',
    message: `${path.relative}, a file of the build graph, could not be read: ${(cause as Error).message}`,
    mend: 'give this user the right to read it, or leave it out of the graph',
    cause,
  });
}
