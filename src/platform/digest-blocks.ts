import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { dataExtents } from './data-extents.ts';
import { DIGEST_BLOCK, openRegular } from './durable-files.ts';
import type { FileDigest } from './durable-files.ts';

const BLOCKS_A_READ = 16;
const CHUNK = BLOCKS_A_READ * DIGEST_BLOCK;
const ZEROS = Buffer.alloc(CHUNK);

/**
 * Digests a file that is mostly holes or zeros, a disk or a memory, without reading its holes. Equal content has an equal
 * digest, wherever the holes are.
 * @throws DewarError NOT_A_REGULAR_FILE; errors of the file system
 */
export async function digestBlocks(path: string): Promise<FileDigest> {
  await using file = await openRegular(path);
  const { size } = await file.stat();
  const hash = createHash('sha256');
  let read = 0;
  for (const { from, to } of await dataExtents(path, size)) {
    // extents end where the file system's blocks do, which are smaller
    const start = Math.max(read, from - (from % DIGEST_BLOCK));
    read = Math.min(size, Math.ceil(to / DIGEST_BLOCK) * DIGEST_BLOCK);
    await addRange(hash, file, start, read);
  }
  return { sha256: hash.digest('hex'), size, blocks: DIGEST_BLOCK };
}

/** @param from of a block */
async function addRange(hash: Hash, file: FileHandle, from: number, to: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = from; at < to;) {
    const bytes = await readFully(file, buffer.subarray(0, Math.min(CHUNK, to - at)), at);
    addBlocks(hash, bytes, at / DIGEST_BLOCK);
    at += bytes.length;
  }
}

/** @throws where the file has become shorter */
async function readFully(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  for (let filled = 0; filled < buffer.length;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) throw new Error('a file became shorter while its digest was made');
    filled += bytesRead;
  }
  return buffer;
}

function addBlocks(hash: Hash, bytes: Buffer, first: number): void {
  if (isZero(bytes)) return;
  const number = Buffer.alloc(8);
  for (let at = 0; at < bytes.length; at += DIGEST_BLOCK) {
    const block = bytes.subarray(at, at + DIGEST_BLOCK);
    if (isZero(block)) continue;
    number.writeBigUInt64BE(BigInt(first + at / DIGEST_BLOCK));
    hash.update(number).update(block);
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length));
}
