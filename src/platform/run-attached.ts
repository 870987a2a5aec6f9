import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnv } from './child-env.ts';
import { signalExitCode, startFailure } from './run-command.ts';

export interface AttachedOptions {
  cwd: string;
  /** The program has the terminal, whose keys are signals to it alone. */
  terminal: boolean;
  /** Aborted by a signal to this process. */
  signal: AbortSignal | undefined;
  /** Hands a signal on to what the program stands for, elsewhere. */
  onSignal: (name: NodeJS.Signals) => Promise<void>;
  /** For how long it may go on after that, milliseconds. */
  graceMs: number;
}

/**
 * Runs a program with this process's own input and output.
 * @returns its exit code; 128 + n when signal n ended it
 * @throws DewarError COMMAND_NOT_FOUND, COMMAND_FAILED
 */
export async function runAttached(
  file: string,
  args: readonly string[],
  { cwd, terminal, signal, onSignal, graceMs }: AttachedOptions,
): Promise<number> {
  // In a group of its own Ctrl-C reaches it by way of `onSignal` alone; but only the terminal's group may read from it.
  const child = spawn(file, args, { cwd, env: childEnv(), stdio: 'inherit', detached: !terminal });
  const failed = new Promise<unknown>((resolve) => child.once('error', resolve));
  const ended = new Promise<number>((resolve) =>
    child.once('exit', (code, name) => resolve(code ?? signalExitCode(name ?? undefined))),
  );
  if (child.pid === undefined) throw startFailure(file, cwd, await failed);
  let given: NodeJS.Signals | undefined;
  const onAbort = async (): Promise<void> => {
    const name = nameOf(signal?.reason);
    await onSignal(name).catch(() => undefined);
    await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
    if (child.exitCode !== null || child.signalCode !== null) return;
    given = name;
    child.kill('SIGKILL');
  };
  const listener = (): void => void onAbort();
  signal?.addEventListener('abort', listener);
  if (signal?.aborted === true) listener();
  try {
    const code = await ended;
    // That it had to be ended here is no news of the program.
    return given === undefined ? code : signalExitCode(given);
  } finally {
    signal?.removeEventListener('abort', listener);
  }
}

/** The reason of an interruption says which signal it was. */
function nameOf(reason: unknown): NodeJS.Signals {
  const found = /SIG(?:INT|TERM|HUP)/.exec(reason instanceof Error ? reason.message : '')?.[0];
  return (found ?? 'SIGTERM') as NodeJS.Signals;
}
