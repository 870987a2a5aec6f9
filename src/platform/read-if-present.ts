import { readFile } from 'node:fs/promises';
import { DewarError } from '../core/errors.ts';
import { errnoOf, isAbsent } from './errno.ts';

/**
 * @returns the bytes of a file, undefined when there is none (or a directory)
 * @throws DewarError UNREADABLE for one that is there and cannot be read
 */
export async function readIfPresent(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isAbsent(error) || errnoOf(error) === 'EISDIR') return undefined;
    throw new DewarError({
      code: 'UNREADABLE',
      message: `${path} could not be read: ${(error as Error).message}`,
      mend: 'give this user the right to read it',
      cause: error,
    });
  }
}
