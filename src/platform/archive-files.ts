import { execa } from 'execa';
import type { Readable } from 'node:stream';
import { childEnv } from './child-env.ts';
import { watchGroup } from './process-group.ts';
import { exitCodeOf, startFailure } from './run-command.ts';

export interface ArchiveInput {
  /** Absolute. */
  directory: string;
  /** Of files, links and directories, each relative and ended by NUL; a directory's own contents are not meant. */
  names: Iterable<Buffer>;
  /** Who they belong to in the archive. */
  owner: { uid: number; gid: number };
  signal?: AbortSignal | undefined;
  /** Called with how many entries more are in the archive. */
  onEntries?: (count: number) => void;
}

export interface ArchiveResult {
  /** 0: all is in it; 1: something vanished or changed meanwhile, or could not be read; else it is no whole archive. */
  exitCode: number;
  stderr: string;
}

const STDERR_LIMIT = 64 << 10;
/** Begins what tar says of its own; all else is a name. */
const OWN_WORDS = /^tar: /;

/**
 * Writes a tar archive (GNU's format; holes stay holes, hard links stay links) of named files in bounded memory.
 * @param consume reads it, to its end or to the first error
 * @throws DewarError COMMAND_NOT_FOUND (no tar), INTERRUPTED, and whatever `consume` throws
 */
export async function archiveFiles<T>(
  input: ArchiveInput,
  consume: (archive: Readable) => Promise<T>,
): Promise<{ archive: ArchiveResult; consumed: T }> {
  const { directory, names, owner, signal } = input;
  const args = [
    '--create',
    '--file=-',
    '--format=gnu',
    '--sparse',
    `--owner=user:${owner.uid}`,
    `--group=group:${owner.gid}`,
    '--numeric-owner',
    '--ignore-failed-read',
    '--verbose',
    '--quoting-style=escape',
    '--no-recursion',
    `--directory=${directory}`,
    '--null',
    '--verbatim-files-from',
    '--files-from=-',
  ];
  const child = execa('tar', args, {
    stdio: [names, 'pipe', 'pipe'],
    buffer: false,
    reject: false,
    detached: true,
    env: { ...childEnv(), LC_ALL: 'C' },
    extendEnv: false,
  });
  const stop = new AbortController();
  using watch = watchGroup(child, {
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
  });
  const said = listReader(input.onEntries);
  child.stderr.on('data', (chunk: Buffer) => said.read(chunk));
  try {
    const consumed = await consume(child.stdout);
    const result = await child;
    const exitCode = exitCodeOf({ file: 'tar', args, options: { signal }, ended: watch.ended }, result);
    return { archive: { exitCode, stderr: said.words() }, consumed };
  } catch (error) {
    stop.abort();
    child.stdout.resume();
    const result = await child;
    // A program that is not there is why nobody could read.
    if (result.exitCode === undefined && result.signal === undefined)
      throw startFailure('tar', undefined, result.cause);
    throw error;
  }
}

/** Tells the names that tar lists, a line each, from its own words. */
function listReader(onEntries: ArchiveInput['onEntries']): { read(chunk: Buffer): void; words(): string } {
  let rest = '';
  let words = '';
  return {
    read(chunk) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      const own = lines.filter((line) => OWN_WORDS.test(line));
      for (const line of own) if (words.length < STDERR_LIMIT) words += `${line}\n`;
      onEntries?.(lines.length - own.length);
    },
    words: () => words + (OWN_WORDS.test(rest) ? rest : ''),
  };
}
