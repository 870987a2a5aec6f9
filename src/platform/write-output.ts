import { access, constants, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { DewarError } from '../core/errors.ts';
import { errnoOf } from './errno.ts';

/**
 * Gives `path` its new content at once: a reader sees the old file or the whole new one. What is no regular file
 * (`/dev/stdout`, a FIFO) is written to, not replaced. Does not wait for the disk: an output can be made again.
 * @throws DewarError OUTPUT_NOT_WRITABLE
 */
export async function writeOutput(path: string, content: string | Buffer): Promise<void> {
  try {
    if (await isSpecial(path)) await writeFile(path, content);
    else await writeFileAtomic(path, content, { fsync: false });
  } catch (error) {
    throw outputNotWritable(path, error);
  }
}

/** `writeOutput` of another file's content. */
export async function copyToOutput(from: string, path: string): Promise<void> {
  await writeOutput(path, await readFile(from));
}

/**
 * Finds out early that a path cannot be written.
 * @throws DewarError OUTPUT_NOT_WRITABLE
 */
export async function assertWritableOutput(path: string): Promise<void> {
  try {
    const there = await stat(path).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
    if (there?.isDirectory() === true) throw outputNotWritable(path, 'it is a directory');
    if (there === undefined || there.isFile()) await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw error instanceof DewarError ? error : outputNotWritable(path, error);
  }
}

/** @returns false for what only takes more (a pipe, a terminal): what was written there cannot be taken back */
export async function isReplaceable(path: string | undefined): Promise<boolean> {
  return path === undefined || !(await isSpecial(path));
}

async function isSpecial(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  return there !== undefined && !there.isFile();
}

function outputNotWritable(path: string, cause: unknown): DewarError {
  return new DewarError({
    code: 'OUTPUT_NOT_WRITABLE',
    message: `${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
    mend: 'give a path in a directory that exists and that this user may write',
    cause,
  });
}
