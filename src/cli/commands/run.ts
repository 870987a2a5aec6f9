import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { RUN_OPTIONS } from './run-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'run',
  summary: "run a program in the workspace's machine",
  description: `Runs a program in the guest with the user's env, with this command's own input and output, byte for byte, and ends with its exit code (128 + n when signal n ended it). It begins in the directory that is this one, where that is mounted, else in the home. Ctrl-C reaches the program.

Options stand before the program; what follows it is the program's.`,
  arguments: { command: { description: 'the program and its arguments', required: true, variadic: true } },
  passThrough: true,
  json: 'none',
  options: {
    ...RUN_OPTIONS,
    tty: {
      long: 'tty',
      short: 't',
      kind: 'boolean',
      description: 'give it a terminal',
    },
  },
  exitCodes: { 125: 'the program could not be run', 127: 'there is no such program' },
  examples: [
    { command: 'dewar run make test', description: 'its output and exit code are those of make' },
    { command: 'tar c . | dewar run -- tar x -C /tmp', description: 'bytes in, bytes out' },
  ],
  run: async (input) => {
    const { runInMachine } = await import('../../workspace/run-in-machine.ts');
    const { paths, name, context } = await openMachine(input, { checksFiles: false });
    const { tty, root, workdir } = input.options;
    const command = input.arguments.command;
    const options = { command, cwd: input.cwd, tty, root, directory: workdir };
    return { exitCode: await runInMachine(name, paths, options, context), text: '' };
  },
});
