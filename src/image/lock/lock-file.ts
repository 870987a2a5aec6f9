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

/** @throws DewarError OUTPUT_NOT_WRITABLE */
export async function writePackageLock(path: string, lock: PackageLock): Promise<void> {
  await writeOutput(path, formatPackageLock(lock));
}
