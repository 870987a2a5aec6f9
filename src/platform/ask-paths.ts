import { DewarError } from '../core/errors.ts';
import type { CommandHost } from './command-host.ts';

export interface FileLimits {
  signal?: AbortSignal | undefined;
  /** Of each call, in milliseconds. */
  deadlineMs?: number | undefined;
}

export interface PathsAnswer {
  /** What the program wrote. */
  bytes: Buffer;
  /** How many paths name nothing, as the program said. */
  absent: number;
}

/** More than this is not read into memory by one call. */
const MOST_BYTES = 256 << 20;

/**
 * Has a program of GNU's say something of many files where it runs. The paths go to its stdin, each ended by a zero byte.
 * @param paths absolute, so that none is taken for an option
 * @throws DewarError UNREADABLE for too much, and for whatever it says that is not understood; and as running programs does
 */
export async function askPaths(
  commands: CommandHost,
  [program = '', ...args]: readonly string[],
  paths: readonly (string | Buffer)[],
  limits: FileLimits,
): Promise<PathsAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const onChunk = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > MOST_BYTES)
      throw unreadableThere(paths[0], `with others it has more than ${MOST_BYTES} bytes`);
    chunks.push(Buffer.from(chunk));
  };
  const input = Buffer.concat(paths.flatMap((path) => [Buffer.from(path), Buffer.of(0)]));
  const result = await commands.stream(program, args, { ...limits, env: ENV, input, onChunk });
  const said = result.stderr.split('\n').filter((line) => line !== '' && !AFTERWARDS.test(line));
  const strange = said.find((line) => !ABSENT.test(line));
  if (strange !== undefined) throw unreadableThere(paths[0], strange);
  if (result.exitCode !== 0 && said.length === 0)
    throw unreadableThere(paths[0], `${program} ended with ${result.exitCode}`);
  return { bytes: Buffer.concat(chunks), absent: said.length };
}

/** Archives what the paths lead to, without what is below directories. */
export const TAR_COMMAND: readonly string[] = [
  'tar',
  '--create',
  '--file=-',
  '--format=gnu',
  '--absolute-names',
  '--dereference',
  '--hard-dereference',
  '--no-recursion',
  '--null',
  '--files-from=-',
];

const ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
/** With the locale C, of a path: xargs says the same of a program. */
const ABSENT = /^(?:tar|find): ["']?\/.*: (?:No such file or directory|Not a directory)$/;
const AFTERWARDS = /^tar: Exiting with failure status due to previous errors$/;

export function unreadableThere(path: string | Buffer | undefined, why: string): DewarError {
  return new DewarError({
    code: 'UNREADABLE',
    message: `${path?.toString() ?? 'a file'} could not be read in the machine: ${why}`,
    mend: 'look at it there; the machine needs tar, find, xargs and realpath as in Debian',
  });
}
