import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { IMAGE_NAMES } from '../../core/names.ts';
import { acquireLock } from '../../platform/file-lock.ts';
import type { WaitOptions } from '../../platform/file-lock.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';
import { writeOutput } from '../../platform/write-output.ts';
import { formatPackageLock, parsePackageLock } from './package-lock.ts';
import type { PackageLock } from './package-lock.ts';

/**
 * @returns the lock in `path`; an empty one when there is no such file
 * @throws DewarError BAD_LOCK, UNREADABLE
 */
export async function readPackageLock(path: string): Promise<PackageLock> {
  const bytes = await readIfPresent(path);
  return bytes === undefined ? { format: 1, images: {} } : parsePackageLock(bytes.toString('utf8'), path);
}

/**
 * Does `work` while no other process changes that lock file. Who holds it is kept by its path in dewar's cache directory:
 * beside the project it would be in the user's way.
 * @throws DewarError LOCK_FAILED, INTERRUPTED, and what `work` throws
 */
export async function holdingPackageLock<T>(
  path: string,
  cache: string,
  wait: WaitOptions,
  work: () => Promise<T>,
): Promise<T> {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  const lock = await acquireLock(join(cache, IMAGE_NAMES.root, IMAGE_NAMES.locks, `file-${name}`), wait);
  try {
    return await work();
  } finally {
    await lock.release({ remove: true });
  }
}

/** @throws DewarError OUTPUT_NOT_WRITABLE */
export async function writePackageLock(path: string, lock: PackageLock): Promise<void> {
  await writeOutput(path, formatPackageLock(lock));
}
