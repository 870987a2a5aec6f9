import { execa } from 'execa';
import { childEnv } from './child-env.ts';
import { interrupted, startFailure } from './run-command.ts';
import type { RunOptions } from './run-command.ts';

export interface FeedResult {
  /** Exit code; undefined when a signal ended the child. */
  exitCode: number | undefined;
  stderr: string;
}

/**
 * Runs a program and writes chunks to its stdin as fast as it reads them; its stdout is dropped.
 * @throws DewarError COMMAND_NOT_FOUND, COMMAND_FAILED (it could not be started), INTERRUPTED
 */
export async function feedCommand(
  file: string,
  args: readonly string[],
  chunks: Iterable<Uint8Array>,
  options: Pick<RunOptions, 'cwd' | 'env' | 'signal'> = {},
): Promise<FeedResult> {
  const result = await execa(file, args, {
    stdin: chunks,
    stdout: 'ignore',
    reject: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...(options.env ?? childEnv()) },
    extendEnv: false,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  if (result.isCanceled) throw interrupted(file, options.signal?.reason);
  if (result.exitCode === undefined && result.signal === undefined)
    throw startFailure(file, options.cwd, result.cause);
  return { exitCode: result.exitCode, stderr: result.stderr };
}
