import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';
import { badConfig } from '../schema/parse-config.ts';

const LARGEST = 262_144;

/**
 * @param file absolute; a link is followed
 * @returns the text of a config or a plugin, without a byte order mark
 * @throws DewarError BAD_CONFIG for what is no text file of at most 256 KiB, UNREADABLE
 */
export async function readText(file: string): Promise<string> {
  const bytes = await read(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw bad(file, 'is no text in UTF-8');
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    // A FIFO must not be waited for.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) throw bad(file, 'is no regular file');
    if (stat.size > LARGEST) throw bad(file, 'is larger than 256 KiB');
    return await handle.readFile();
  } catch (error) {
    if (error instanceof DewarError) throw error;
    throw new DewarError({
      code: 'UNREADABLE',
      message: `${file} could not be read: ${(error as Error).message}`,
      mend: 'check that it is there and that this user may read it',
      cause: error,
    });
  }
}

function bad(file: string, why: string): DewarError {
  return badConfig({ file }, [{ path: [], text: why }]);
}
