import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'reset',
  summary: "drop the root disk of the workspace's machine: the next up begins anew",
  options: {
    ...MACHINE_OPTIONS,
    force: {
      long: 'force',
      short: 'f',
      kind: 'boolean',
      description: 'also when it is up: ends it at once',
    },
  },
  examples: [{ command: 'dewar reset', description: 'when the machine is down' }],
  run: async (input) => {
    const { reset } = await import('../../workspace/reset.ts');
    const { paths, name, context } = await openMachine(input, { checksFiles: false });
    const { removed, bytes } = await reset(name, paths, { force: input.options.force }, context);
    const mebibytes = Math.round(bytes / 2 ** 20);
    const text = removed ? `${name}: dropped its disk (${mebibytes} MiB)` : `${name}: had no disk`;
    return { data: { name, removed, bytes }, text };
  },
});
