import { statfs } from 'node:fs/promises';
import { noSpace } from './freeze-failed.ts';

/** @throws DewarError NO_SPACE when a directory's file system has less room than `bytes` */
export async function assertRoom(directory: string, bytes: number, purpose: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= bytes) return;
  throw noSpace(
    directory,
    `${mebibytes(bytes)} MiB are needed for ${purpose}, ${mebibytes(bavail * bsize)} are free`,
  );
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
