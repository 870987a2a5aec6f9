import { chmod, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import { writeOutput } from '../platform/write-output.ts';

/**
 * Makes the directory of a workspace's state, of this user alone, that git does not see; nothing happens when it is there.
 * @param path absolute
 * @throws DewarError STATE_DIRECTORY, OUTPUT_NOT_WRITABLE
 */
export async function makeStateDirectory(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw cannotMake(path, error);
  });
  const found = await lstat(path);
  // A repository may bring one of its own.
  if (!found.isDirectory() || found.uid !== process.getuid?.())
    throw new DewarError({
      code: 'STATE_DIRECTORY',
      message: `${path} is no directory of this user`,
      mend: 'remove it: dewar makes its own',
    });
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700);
  const ignore = join(path, '.gitignore');
  if ((await readIfPresent(ignore)) === undefined) await writeOutput(ignore, '*\n');
}

function cannotMake(path: string, cause: Error): DewarError {
  return new DewarError({
    code: 'STATE_DIRECTORY',
    message: `${path} cannot be made: ${cause.message}`,
    mend: 'give this user the right to write beside the config',
    cause,
  });
}
