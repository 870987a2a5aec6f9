import { constants } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';
import type { ResolvedConfig, ResolvedScript } from '../resolved-config.ts';
import { assertStaysIn, writableTrees } from './guest-links.ts';

const LARGEST = 1_048_576;

/**
 * @returns the text of a script, which may be in a directory that a guest writes: what is read is what was checked
 * @throws DewarError SCRIPT_MISSING, also for what is no file of at most 1 MiB; LINK_LEAVES_SHARE
 */
export async function readScript(
  { name, source, origin }: ResolvedScript,
  config: ResolvedConfig,
): Promise<Buffer> {
  if ('text' in source) return Buffer.from(source.text);
  const { path } = source;
  const bad = (why: string, cause?: unknown): DewarError =>
    new DewarError({
      code: 'SCRIPT_MISSING',
      message: `${config.file}: the script ${JSON.stringify(name)} (${origin}) cannot be read: ${path}: ${why}`,
      mend: 'give the path of a script from the directory of the config, or its text: { run: … }',
      cause,
    });
  try {
    // A FIFO must not be waited for.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) throw bad('it is no regular file');
    if (stat.size > LARGEST) throw bad('it is larger than 1 MiB');
    const real = await readlink(`/proc/self/fd/${file.fd}`);
    await assertStaysIn(
      writableTrees(config),
      path,
      real,
      `${config.file}: the script ${JSON.stringify(name)}`,
    );
    const bytes = Buffer.alloc(stat.size);
    const { bytesRead } = await file.read(bytes, 0, stat.size, 0);
    return bytes.subarray(0, bytesRead);
  } catch (error) {
    throw error instanceof DewarError ? error : bad((error as Error).message, error);
  }
}
