import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import type { CommandHost } from '../../src/platform/command-host.ts';
import { pipeCommands } from '../../src/platform/pipe-commands.ts';
import { runCommand } from '../../src/platform/run-command.ts';
import { streamCommand } from '../../src/platform/stream-command.ts';
import { guestCommands } from '../../src/vmm/machine/guest-commands.ts';

/**
 * Stands in for a machine, and for nothing else: programs are real and run on this host, but in a mount namespace that has
 * a directory under a path which has nothing on this host.
 */
export interface NamespaceMachine extends AsyncDisposable {
  commands: CommandHost;
  /** What the directory is called in it. */
  root: string;
}

/** Every Debian has it, empty. */
const ROOT = '/srv';

export async function namespaceMachine(directory: string): Promise<NamespaceMachine> {
  if ((await readdir(ROOT)).length > 0)
    throw new Error(`${ROOT} must be empty, to be another directory in a namespace`);
  await mkdir(directory, { recursive: true });
  const isRoot = process.getuid?.() === 0;
  const script = `mount --bind "$0" ${ROOT} && echo ready && exec sleep infinity`;
  const holder = spawn(
    'unshare',
    [
      ...(isRoot ? [] : ['--user', '--map-root-user']),
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      script,
      directory,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await Promise.race([once(holder.stdout, 'data'), failed(holder)]);
  const enter = [
    `--target=${holder.pid}`,
    '--mount',
    ...(isRoot ? [] : ['--user', '--preserve-credentials']),
    '--',
  ];
  return {
    root: ROOT,
    commands: guestCommands({
      run: (command, options) => runCommand('nsenter', [...enter, ...command], options),
      stream: (command, options) => streamCommand('nsenter', [...enter, ...command], options),
      pipe: (source, command, options) =>
        pipeCommands(source, { file: 'nsenter', args: [...enter, ...command] }, options),
      sshArguments: [],
      host: 'stand-in',
      attachedArguments: () => [],
      directory: '/',
      close: () => Promise.resolve(),
    }),
    async [Symbol.asyncDispose]() {
      const ended = once(holder, 'exit');
      holder.kill('SIGKILL');
      await ended;
    },
  };
}

async function failed(holder: ReturnType<typeof spawn>): Promise<never> {
  const [code] = (await once(holder, 'exit')) as [number];
  throw new Error(`no mount namespace can be made here: unshare ended with ${code}`);
}
