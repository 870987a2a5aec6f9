import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { quotePosix } from '../core/quote-posix.ts';
import { childEnv } from './child-env.ts';
import { findProgram } from './find-program.ts';
import { watchGroup } from './process-group.ts';
import { exitCodeOf, interrupted, startFailure } from './run-command.ts';
import type { RunOptions } from './run-command.ts';

/** A program of this host. */
export interface HostProgram {
  file: string;
  args: readonly string[];
  cwd?: string;
}

export interface PipeSource extends HostProgram {
  /** What it reads. */
  input: Iterable<Buffer>;
  /** Called with each chunk of its stderr as it comes. */
  onStderr: (chunk: Buffer) => void;
}

/** Exit codes are 128 + n when signal n ended a program. */
export interface PipeResult {
  /** 141 (SIGPIPE) where the reader ended before it. */
  source: number;
  reader: number;
  /** Of the reader. */
  stderr: string;
}

/** Of the shell that joins them. */
const FD = { sourceStderr: 2, readerStderr: 3, sourceCode: 4, lifeline: 5 } as const;
const STDERR_LIMIT = 64 << 10;
/** A connection that programs share may hold their pipes for longer than they live. */
const LAST_WORDS_MS = 1_000;

/**
 * Runs `source | reader`, in the locale C, with nothing but the system's pipe in between; the reader's stdout is dropped. Both end with
 * this process, also where it is killed.
 * @throws DewarError COMMAND_NOT_FOUND, DEADLINE, INTERRUPTED
 */
export async function pipeCommands(
  source: PipeSource,
  reader: HostProgram,
  options: Pick<RunOptions, 'signal' | 'deadlineMs'> = {},
): Promise<PipeResult> {
  const { file, args } = source;
  if (options.signal?.aborted === true) throw interrupted(file, options.signal.reason);
  const env: Record<string, string> = { ...childEnv(), LC_ALL: 'C' };
  for (const { file, cwd } of [source, reader])
    if ((await findProgram(file, env['PATH'] ?? '')) === undefined)
      throw startFailure(file, cwd, { code: 'ENOENT' });
  const child = spawn('sh', ['-c', scriptOf(source, reader)], {
    detached: true,
    env,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  using watch = watchGroup(child, options);
  const said = { stderr: '', code: '' };
  onOutput(child, FD.sourceStderr, source.onStderr);
  onOutput(child, FD.readerStderr, (chunk) => {
    if (said.stderr.length < STDERR_LIMIT) said.stderr += chunk.toString('utf8');
  });
  onOutput(child, FD.sourceCode, (chunk) => (said.code += chunk.toString('latin1')));
  const fed = feed(child, source.input);
  const result = await endOf(child);
  await fed;
  const code = exitCodeOf({ file, args, options, ended: watch.ended }, result);
  // Whoever ended the shell ended both.
  return { source: said.code === '' ? code : Number(said.code), reader: code, stderr: said.stderr };
}

/** The lifeline ends when this process does, and all of the group with it. */
function scriptOf(source: HostProgram, reader: HostProgram): string {
  const { sourceCode, readerStderr, lifeline } = FD;
  return `{ read -r end <&${lifeline}; kill -s KILL 0; } >/dev/null 2>&1 ${readerStderr}>&- ${sourceCode}>&- &
watcher=$!
exec ${lifeline}<&-
{
  (${execOf(source)}) ${readerStderr}>&- ${sourceCode}>&-
  echo "$?" >&${sourceCode}
} | (${execOf(reader)}) 2>&${readerStderr} ${readerStderr}>&- ${sourceCode}>&-
code=$?
kill "$watcher"
exit "$code"`;
}

function execOf({ file, args, cwd }: HostProgram): string {
  const command = `exec ${[file, ...args].map(quotePosix).join(' ')}`;
  return cwd === undefined ? command : `cd ${quotePosix(cwd)} && ${command}`;
}

function onOutput(child: ChildProcess, fd: number, read: (chunk: Buffer) => void): void {
  const stream = child.stdio[fd];
  if (stream instanceof Readable) stream.on('data', read);
}

/** A source that has ended reads no more; its exit code says why. */
async function feed({ stdin }: ChildProcess, input: Iterable<Buffer>): Promise<void> {
  if (stdin !== null)
    await pipeline(Readable.from(input, { objectMode: false }), stdin).catch(() => undefined);
}

async function endOf(
  child: ChildProcess,
): Promise<{ exitCode?: number; signal?: NodeJS.Signals; cause?: unknown }> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const result = await new Promise<Awaited<ReturnType<typeof endOf>>>((resolve) => {
    child.once('error', (cause) => resolve({ cause }));
    child.once('exit', (exitCode, signal) =>
      resolve({ ...(exitCode === null ? {} : { exitCode }), ...(signal === null ? {} : { signal }) }),
    );
  });
  await Promise.race([closed, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
  for (const stream of child.stdio) stream?.destroy();
  return result;
}
