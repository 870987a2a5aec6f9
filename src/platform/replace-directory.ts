import { lstat, rename } from 'node:fs/promises';
import { swap } from 'fs-native-extensions';
import { errnoOf } from './errno.ts';

/**
 * Puts directory `fresh` in the place of `path`, in one step. What was there is at `fresh` afterwards, if anything was.
 * A file system that cannot swap (NFS) shows nothing at `path` for a moment.
 * @param aside a free path beside them
 */
export async function replaceDirectory(fresh: string, path: string, aside: string): Promise<void> {
  if (!(await exists(path))) return rename(fresh, path);
  try {
    await swap(fresh, path);
  } catch (error) {
    if (!['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    await rename(path, aside);
    await rename(fresh, path);
    await rename(aside, fresh);
  }
}

async function exists(path: string): Promise<boolean> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
  return found !== undefined;
}
