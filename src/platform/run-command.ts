import { execa } from 'execa';
import type { Readable } from 'node:stream';
import { DewarError } from '../core/errors.ts';
import { childEnv } from './child-env.ts';
import { watchGroup } from './process-group.ts';

export interface RunOptions {
  cwd?: string;
  /** The whole environment of the child; the parent's own, as `childEnv` has it, when absent. */
  env?: Readonly<Record<string, string>>;
  /** Written to the child's stdin, which is empty otherwise. */
  input?: string | Uint8Array | Readable;
  signal?: AbortSignal | undefined;
  /** Milliseconds after which the child is ended (SIGTERM, then SIGKILL) and a DEADLINE error is thrown. */
  deadlineMs?: number | undefined;
}

export interface CommandResult {
  /** Exit code; 128 + n when signal n ended the child. */
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/**
 * Runs a program to its end with its output in memory. A non-zero exit is a result, not an error.
 * @throws DewarError COMMAND_NOT_FOUND, COMMAND_FAILED (it could not be started), DEADLINE, INTERRUPTED
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<CommandResult> {
  if (options.signal?.aborted === true) throw interrupted(file, options.signal.reason);
  const child = execa(file, args, {
    ...sharedOptions(options),
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: 1 << 30,
    ...stdinOf(options),
  });
  using watch = watchGroup(child, options);
  const result = await child;
  return {
    exitCode: exitCodeOf({ file, args, options, ended: watch.ended }, result),
    stdout: Buffer.from(result.stdout.buffer, result.stdout.byteOffset, result.stdout.byteLength),
    stderr: Buffer.from(result.stderr).toString('utf8'),
  };
}

/**
 * @returns the exit code of a program that has ended by itself
 * @throws DewarError COMMAND_NOT_FOUND, COMMAND_FAILED, DEADLINE, INTERRUPTED for one that has not
 */
export function exitCodeOf(
  run: { file: string; args: readonly string[]; options: RunOptions; ended: 'aborted' | 'late' | undefined },
  result: { exitCode?: number | undefined; signal?: string | undefined; cause?: unknown },
): number {
  const { file, args, options, ended } = run;
  if (ended === 'aborted') throw interrupted(file, options.signal?.reason);
  if (ended === 'late') throw deadlineExceeded(file, args, options.deadlineMs ?? 0);
  if (result.exitCode === undefined && result.signal === undefined)
    throw startFailure(file, options.cwd, result.cause);
  return result.exitCode ?? signalExitCode(result.signal);
}

/** The options of execa that both ways to run a program share. */
export interface SharedOptions {
  reject: false;
  detached: true;
  cwd?: string;
  env: Record<string, string>;
  extendEnv: false;
}

export function sharedOptions(options: RunOptions): SharedOptions {
  return {
    reject: false,
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...(options.env ?? childEnv()) },
    extendEnv: false,
  };
}

/** @returns what execa needs to give a child its stdin */
export function stdinOf({
  input,
}: RunOptions): { stdin: 'ignore' } | { input: string | Uint8Array | Readable } {
  return input === undefined ? { stdin: 'ignore' } : { input };
}

/** @returns the error for a program that could not be started */
export function startFailure(file: string, cwd: string | undefined, cause: unknown): DewarError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT')
    return new DewarError({
      code: 'COMMAND_NOT_FOUND',
      message: `${file} was not found${cwd === undefined ? '' : ` (run in ${cwd})`}`,
      mend: `install ${file}, or give the path of an existing one`,
      cause,
    });
  return new DewarError({
    code: 'COMMAND_FAILED',
    message: `${file} could not be started: ${code ?? String(cause)}`,
    mend: `check that ${file} is executable for this user`,
    cause,
  });
}

/** @returns the error for work that was ended by its abort signal */
export function interrupted(what: string, cause: unknown): DewarError {
  if (cause instanceof DewarError) return cause;
  return new DewarError({
    code: 'INTERRUPTED',
    message: `${what} was interrupted`,
    mend: 'run the command again; nothing half-written was kept',
    cause,
    exitCode: 130,
  });
}

/** @returns the error for a program that did not end in time */
export function deadlineExceeded(file: string, args: readonly string[], deadlineMs: number): DewarError {
  return new DewarError({
    code: 'DEADLINE',
    message: `${file} ${args[0] ?? ''} did not end within ${deadlineMs / 1000} s and was stopped`,
    mend: 'raise the deadline, or find out what it waits for',
  });
}

/** @returns the exit code that a shell would report for a signal */
export function signalExitCode(signal: string | undefined): number {
  const numbers: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };
  return 128 + (numbers[signal ?? ''] ?? 15);
}
