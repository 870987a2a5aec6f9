import { relative, posix } from 'node:path';
import { isWithin } from '../platform/is-within.ts';
import { runAttached } from '../platform/run-attached.ts';
import type { Transport } from '../platform/ssh.ts';
import { commandInGuest, newRunId } from './guest-handle.ts';
import { GUEST_HOME, GUEST_USER, guestPath } from './guest-user.ts';
import type { Journal } from './journal.ts';
import { requireMachine } from './require-machine.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

export interface RunOptions {
  /** A login shell when empty. */
  command: readonly string[];
  /** Where the caller is; the guest's directory is the same one, where that is mounted. */
  cwd: string;
  /** In the guest, instead. */
  directory?: string | undefined;
  /** Gives the program a terminal. */
  tty: boolean;
  root?: boolean;
}

/** Who names a directory wants that one; otherwise a program runs in the home where there is none. */
const IN_DIRECTORY = ['/bin/sh', '-c', 'cd -- "$1" || exit 125; shift; exec "$@"', 'dewar'];
/** How long a program has to end after it was signalled. */
const GRACE_MS = 5_000;

/**
 * Runs a program in the machine with this process's own input and output, unchanged.
 * @returns its exit code; 128 + n when signal n ended it
 * @throws DewarError WORKSPACE_DOWN, WORKSPACE_BUSY, SSH_FAILED, INTERRUPTED
 */
export async function runInMachine(
  name: string,
  paths: StatePaths,
  options: RunOptions,
  context: WorkspaceContext,
): Promise<number> {
  const { machine, journal } = await requireMachine(name, paths, context);
  const driver = await context.loadDriver(machine.driver);
  const user = options.root === true ? 'root' : GUEST_USER;
  const transport = await driver.connect(machine.id, user, context);
  const id = newRunId();
  const command = options.command.length === 0 ? ['/bin/bash', '--login'] : options.command;
  const home = user === 'root' ? '/root' : GUEST_HOME;
  const inGuest =
    options.directory === undefined
      ? commandInGuest(command, directoryInGuest(options.cwd, journal.mounts) ?? home, id)
      : commandInGuest(
          [...IN_DIRECTORY, options.directory.replace(/^~(?=\/|$)/, home), ...command],
          home,
          id,
        );
  const words = transport.attachedArguments(inGuest, options.tty);
  return await runAttached('ssh', words, {
    cwd: transport.directory,
    terminal: options.tty,
    signal: context.signal,
    graceMs: GRACE_MS,
    onSignal: (signal) => signalProgram(transport, id, signal),
  });
}

/** @returns where a directory of this host is in the guest; undefined when it is not there */
export function directoryInGuest(cwd: string, mounts: Journal['mounts']): string | undefined {
  const holding = mounts
    .filter(({ source }) => source !== undefined && isWithin(cwd, source))
    .toSorted((a, b) => (b.source?.length ?? 0) - (a.source?.length ?? 0))[0];
  if (holding?.source === undefined) return undefined;
  return posix.join(guestPath(holding.target), relative(holding.source, cwd));
}

async function signalProgram(transport: Transport, id: string, signal: string): Promise<void> {
  await transport.run(['/usr/lib/dewar/signal', id, signal.replace(/^SIG/, '')], { deadlineMs: GRACE_MS });
}
