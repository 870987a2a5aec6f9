import { DewarError } from '../../../core/errors.ts';
import { errnoOf } from '../../../platform/errno.ts';

export function freezeFailed(path: string, cause: unknown): DewarError {
  if (cause instanceof DewarError) return cause;
  const code = errnoOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') return noSpace(path, String(cause));
  return new DewarError({
    code: 'FREEZE_FAILED',
    message: `the machine could not be frozen into ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    mend: 'use a directory that this user may write, on a local file system',
    cause,
  });
}

export function noSpace(path: string, why: string): DewarError {
  return new DewarError({
    code: 'NO_SPACE',
    message: `there is no room on the file system of ${path}: ${why}`,
    mend: 'make room there; `dewar snapshots rm` removes old snapshots',
  });
}

/** Turns errors of the file system into these. @param path of what is written */
export async function asFreezeErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DewarError) throw error;
    throw freezeFailed(path, error);
  }
}
