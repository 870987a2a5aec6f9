import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeCommands } from '../../src/platform/pipe-commands.ts';
import { runCommand } from '../../src/platform/run-command.ts';
import { streamCommand } from '../../src/platform/stream-command.ts';
import type { Transport } from '../../src/platform/ssh.ts';

/** Why commands cannot be run as a guest's root here; undefined when they can. */
export const noLocalRoot: string | undefined =
  process.getuid?.() === 0 ? undefined : 'needs root, for mount namespaces and files of other users';

const GUEST = 'mount --bind "$0" /var/lib && exec "$@"';

/**
 * Stands in for a connection of a guest's root: its programs really run, on this host, in a mount namespace with a /var/lib of their own.
 * @param scratch absolute
 */
export async function localTransport(scratch: string): Promise<Transport> {
  const state = join(scratch, 'var-lib');
  await mkdir(state, { recursive: true });
  const args = (command: readonly string[]): string[] => [
    '--mount',
    '--',
    'sh',
    '-c',
    GUEST,
    state,
    ...command,
  ];
  return {
    run: (command, options) => runCommand('unshare', args(command), options),
    stream: (command, options) => streamCommand('unshare', args(command), options),
    pipe: (source, command, options) =>
      pipeCommands(source, { file: 'unshare', args: args(command) }, options),
    sshArguments: [],
    directory: scratch,
    host: 'here',
    attachedArguments: () => [],
    close: () => Promise.resolve(),
  };
}
