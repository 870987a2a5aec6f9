import { DewarError } from '../core/errors.ts';
import { errnoOf } from '../platform/errno.ts';

/** @returns the typed error for a failure to write `store`; anything that is no error of the file system as it is */
export function storeWriteError(store: string, error: unknown): unknown {
  if (error instanceof DewarError && error.code.startsWith('STORE_')) return error;
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  if (errno === 'ENOSPC' || errno === 'EDQUOT')
    return new DewarError({
      code: 'STORE_FULL',
      message: `no room is left in the store ${store} (${errno}); nothing was added to it`,
      mend: 'remove snapshots (dewar snapshots ls, then rm), or use a store on a larger file system',
      cause: error,
    });
  return new DewarError({
    code: 'STORE_NOT_WRITABLE',
    message: `the store ${store} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    mend: 'give a directory that this user may write, on a file system that is mounted read-write',
    cause: error,
  });
}

/** @returns the typed error for a failure to read `store` */
export function storeReadError(store: string, error: unknown): unknown {
  if (error instanceof DewarError || errnoOf(error) === undefined) return error;
  return new DewarError({
    code: 'STORE_UNREADABLE',
    message: `the store ${store} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    mend: 'give the directory that record wrote, and check that this user may read it',
    cause: error,
  });
}
