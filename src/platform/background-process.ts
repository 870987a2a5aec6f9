import { spawn } from 'node:child_process';
import { childEnv } from './child-env.ts';
import { interrupted, signalExitCode, startFailure } from './run-command.ts';
import { watchGroup } from './process-group.ts';

export interface BackgroundOptions {
  cwd: string;
  /** File descriptor to which stdout and stderr go. */
  output: number;
  /** File descriptor of its stdin, which is empty by default. */
  input?: number;
  /** Added to this process's own environment. */
  env?: Readonly<Record<string, string>>;
  /** File descriptors that the program gets as 3, 4, …. */
  descriptors?: readonly number[];
  /** Ends the program and whatever it started: SIGTERM, then SIGKILL. */
  signal?: AbortSignal | undefined;
  /** It goes on when this process ends; its owner ends it when work with it fails. */
  outlives?: boolean | undefined;
}

/** How a program ended. */
export interface ProcessEnd {
  /** Exit code; 128 + n when signal n ended it; undefined: only the process that started it was told. */
  exitCode: number | undefined;
  signal: string | undefined;
}

/** A program that runs beside this process, in a process group of its own. It dies with this process where that ends in order, unless it `outlives` it. */
export interface BackgroundProcess {
  readonly pid: number;
  /** Undefined while it runs. */
  readonly end: ProcessEnd | undefined;
  /** Resolves when it is gone. */
  readonly ended: Promise<ProcessEnd>;
  /** This process may end while that one, which outlives it, runs. */
  letGo(): void;
}

/**
 * Starts a program and returns while it runs.
 * @throws DewarError COMMAND_NOT_FOUND, COMMAND_FAILED (it could not be started), INTERRUPTED
 */
export async function startProcess(
  file: string,
  args: readonly string[],
  options: BackgroundOptions,
): Promise<BackgroundProcess> {
  const { cwd, output, input, env, descriptors = [], signal, outlives = false } = options;
  if (signal?.aborted === true) throw interrupted(file, signal.reason);
  const child = spawn(file, args, {
    detached: true,
    cwd,
    stdio: [input ?? 'ignore', output, output, ...descriptors],
    env: { ...childEnv(), ...env },
  });
  const failed = new Promise<unknown>((resolve) => child.once('error', resolve));
  let end: ProcessEnd | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    const watch = outlives ? undefined : watchGroup(child, { signal });
    child.once('exit', (code, name) => {
      watch?.[Symbol.dispose]();
      end = { exitCode: code ?? signalExitCode(name ?? undefined), signal: name ?? undefined };
      resolve(end);
    });
  });
  const { pid } = child;
  if (pid === undefined) throw startFailure(file, cwd, await failed);
  return {
    pid,
    get end() {
      return end;
    },
    ended,
    letGo: () => child.unref(),
  };
}
