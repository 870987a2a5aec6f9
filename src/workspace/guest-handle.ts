import { randomBytes } from 'node:crypto';
import type { Guest, GuestRunOptions, GuestRunResult } from '../config/workspace-config.ts';
import type { Transport } from '../platform/ssh.ts';
import { GUEST_HOME } from './guest-user.ts';

/** The guest's own program that runs others: with the user's env, and ended when the connection is. */
const RUN = '/usr/lib/dewar/run';

/** Connections to a guest. */
export interface GuestConnections {
  /** As its user. */
  user: Transport;
  root: Transport;
}

/** @returns the arguments of a program in the guest, for a transport */
export function commandInGuest(
  command: readonly string[],
  directory: string = GUEST_HOME,
  id: string = newRunId(),
): string[] {
  return [RUN, id, directory, '--', ...command];
}

/** @returns a name by which a program in the guest can be signalled */
export function newRunId(): string {
  return randomBytes(8).toString('hex');
}

/** @returns a guest as hooks and commands of plugins see it */
export function guestHandle({ user, root }: GuestConnections, signal: AbortSignal | undefined): Guest {
  return {
    home: GUEST_HOME,
    async run(command, options: GuestRunOptions = {}): Promise<GuestRunResult> {
      const { input, as = 'user', deadlineMs } = options;
      const transport = as === 'root' ? root : user;
      return transport.run(commandInGuest(command), {
        signal,
        deadlineMs,
        ...(input === undefined ? {} : { input }),
      });
    },
    ssh: { arguments: [...user.sshArguments, user.host], directory: user.directory },
  };
}
