import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { RUN_OPTIONS } from './run-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'shell',
  summary: "open a shell in the workspace's machine",
  description: `A login shell of the guest's user, with his env, in the directory that is this one, where that is mounted. Without a terminal it reads commands from its input.`,
  json: 'none',
  options: RUN_OPTIONS,
  examples: [{ command: 'dewar shell', description: 'anywhere in the workspace' }],
  run: async (input) => {
    const { runInMachine } = await import('../../workspace/run-in-machine.ts');
    const { paths, name, context } = await openMachine(input, { checksFiles: false });
    const { root, workdir } = input.options;
    const tty = process.stdin.isTTY && process.stdout.isTTY;
    const options = { command: [], cwd: input.cwd, tty, root, directory: workdir };
    return { exitCode: await runInMachine(name, paths, options, context), text: '' };
  },
});
