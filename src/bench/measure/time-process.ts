import { DewarError } from '../../core/errors.ts';
import { runCommand } from '../../platform/run-command.ts';

export interface TimedProcess {
  file: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  /** Exit codes that are a success; 0 when absent. */
  allowed?: readonly number[];
  /** Path of a file for its output; /dev/null when absent. */
  stdout?: string;
}

/** What a process cost, from before it was started until after it ended. */
export interface ProcessCost {
  ms: number;
  exitCode: number;
}

/**
 * Runs a program, and times it as a whole.
 * @throws DewarError BENCH_STEP_FAILED for an exit code that is not allowed, INTERRUPTED
 */
export async function timeProcess(process: TimedProcess): Promise<ProcessCost> {
  const started = performance.now();
  const result = await runCommand(
    '/bin/sh',
    ['-c', 'exec "$@" > "$0"', process.stdout ?? '/dev/null', process.file, ...process.args],
    { cwd: process.cwd, env: process.env, signal: process.signal },
  );
  const ms = performance.now() - started;
  if ((process.allowed ?? [0]).includes(result.exitCode)) return { ms, exitCode: result.exitCode };
  throw new DewarError({
    code: 'BENCH_STEP_FAILED',
    message: `${[process.file, ...process.args].map(shortened).join(' ')} ended with exit code ${result.exitCode} in ${process.cwd}:\n${tail(result.stderr)}`,
    mend: 'mend what it says and measure again; nothing was kept',
  });
}

/** A word may be a whole script. */
function shortened(word: string): string {
  return word.length > 300 ? `${word.slice(0, 20)}…` : word;
}

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-15).join('\n');
}
