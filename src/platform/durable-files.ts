import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { DewarError } from '../core/errors.ts';

export interface FileDigest {
  /** Lower-case hex. */
  sha256: string;
  /** Bytes. */
  size: number;
  /**
   * Bytes of a block, where `sha256` is of the blocks that are not all zeros, each after its number (8 bytes, big-endian);
   * the last one may be shorter. Of the whole file, as sha256sum has it, when absent.
   */
  blocks?: typeof DIGEST_BLOCK | undefined;
}

/** Bytes. */
export const DIGEST_BLOCK = 65_536;

const CHUNK = 1 << 20;

/**
 * Copies a regular file to a new one and waits until its bytes are on the disk.
 * @returns digest of the bytes that were copied
 * @throws DewarError NOT_A_REGULAR_FILE; errors of the file system
 */
export async function copyDurably(from: string, to: string): Promise<FileDigest> {
  await using source = await openRegular(from);
  await using target = await open(to, 'wx', 0o644);
  const digest = await digestHandle(source, (chunk) => writeAll(target, chunk));
  await target.sync();
  return digest;
}

/** Writes a new file and waits until its bytes are on the disk. */
export async function writeDurably(path: string, text: string): Promise<FileDigest> {
  await using file = await open(path, 'wx', 0o644);
  const bytes = Buffer.from(text, 'utf8');
  await writeAll(file, bytes);
  await file.sync();
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

/** Waits until the names in a directory are on the disk. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  await directory.sync();
}

/** @throws DewarError NOT_A_REGULAR_FILE; errors of the file system */
export async function digestFile(path: string): Promise<FileDigest> {
  await using file = await openRegular(path);
  return await digestHandle(file);
}

/**
 * Opens a regular file for reading; a link is not followed and a FIFO not waited for.
 * @throws DewarError NOT_A_REGULAR_FILE; errors of the file system
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ELOOP' ? notRegular(path) : error;
  });
  const stat = await file.stat();
  if (stat.isFile()) return file;
  await file.close();
  throw notRegular(path);
}

async function digestHandle(
  file: FileHandle,
  each: (chunk: Buffer) => Promise<void> = () => Promise.resolve(),
): Promise<FileDigest> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, size);
    if (bytesRead === 0) return { sha256: hash.digest('hex'), size };
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    size += bytesRead;
    await each(chunk);
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

function notRegular(path: string): DewarError {
  return new DewarError({
    code: 'NOT_A_REGULAR_FILE',
    message: `${path} is not a regular file`,
    mend: 'remove it; dewar writes only regular files there',
  });
}
