import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'unmount',
  summary: 'take a mount away from the running machine, and end what serves it',
  arguments: {
    what: { description: 'the target in the guest, or the directory of this host', required: true },
  },
  options: {
    ...MACHINE_OPTIONS,
    force: {
      long: 'force',
      short: 'f',
      kind: 'boolean',
      description: 'also while programs of the guest use it, which find it broken',
    },
  },
  examples: [{ command: "dewar unmount '~/library'", description: 'by its target' }],
  run: async (input) => {
    const { unmount } = await import('../../workspace/mount.ts');
    const hand = await openMachine(input, { checksFiles: false });
    const { what } = input.arguments;
    const mounts = await unmount(hand, { what, cwd: input.cwd, force: input.options.force });
    const targets = mounts.map(({ target }) => target).join(', ');
    return { data: { unmounted: mounts }, text: `${hand.name}: unmounted ${targets}` };
  },
});
