import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { cacheDirectory } from '../../../platform/cache-directory.ts';
import { digestLike } from '../../../platform/digest-like.ts';
import type { FileDigest } from '../../../platform/durable-files.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';

/** A file that changed so recently may change again within one tick of the file system's clock. */
export const RACY_MS = 2_500;
const NANOSECONDS = 1_000_000n;

/** Which files were read, and what their digest was: by inode, size and times, which every later change changes. */
export interface CheckedFiles {
  /** Whether the file of these stats was read before and had this digest. */
  has(stats: BigIntStats, sha256: string): Promise<boolean>;
  /**
   * Reads a file, and remembers it for the next time; not where it changed just now, as it may change again unseen.
   * @param like how its digest is made
   * @throws DewarError NOT_A_REGULAR_FILE; errors of the file system
   */
  read(path: string, like?: Pick<FileDigest, 'blocks'>): Promise<FileDigest>;
}

/** Those of this host, in dewar's cache directory. */
export function checkedFiles(env: Readonly<Record<string, string>>): CheckedFiles {
  const root = join(cacheDirectory(env), 'qemu', 'checked');
  const noteOf = ({ dev, ino }: BigIntStats): string => join(root, hash(`${dev}\0${ino}`));
  return {
    async has(stats, sha256) {
      return (await readIfPresent(noteOf(stats)))?.toString('utf8') === stampOf(stats, sha256);
    },
    async read(path, like = {}) {
      const stats = await lstat(path, { bigint: true });
      // Of this moment: a change that comes later, while the file is read, must have another time.
      const racy = changedMs(stats) > Date.now() - RACY_MS;
      const digest = await digestLike(path, like);
      if (racy) return digest;
      const note = noteOf(stats);
      await mkdir(dirname(note), { recursive: true, mode: 0o700 });
      await writeFileAtomic(note, stampOf(stats, digest.sha256));
      return digest;
    },
  };
}

/** @returns milliseconds since the epoch */
export function changedMs({ mtimeNs, ctimeNs }: Pick<BigIntStats, 'mtimeNs' | 'ctimeNs'>): number {
  return Number((ctimeNs > mtimeNs ? ctimeNs : mtimeNs) / NANOSECONDS);
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats, sha256: string): string {
  return hash([sha256, dev, ino, size, mtimeNs, ctimeNs].join('\0'));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
