import { mkdir, readdir } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';

/**
 * Makes a directory, or takes one that is empty.
 * @throws DewarError BENCH_OUT_NOT_EMPTY, BENCH_OUT_UNUSABLE
 */
export async function takeDirectory(directory: string): Promise<void> {
  let entries: string[];
  try {
    await mkdir(directory, { recursive: true });
    entries = await readdir(directory);
  } catch (cause) {
    throw new DewarError({
      code: 'BENCH_OUT_UNUSABLE',
      message: `${directory} cannot be made a directory: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`,
      mend: 'give a path that does not exist yet below a directory you may write to',
      cause,
    });
  }
  if (entries.length > 0)
    throw new DewarError({
      code: 'BENCH_OUT_NOT_EMPTY',
      message: `${directory} is not empty (it holds ${entries[0]})`,
      mend: 'give a path that does not exist yet, or an empty directory',
    });
}
