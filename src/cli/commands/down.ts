import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'down',
  summary: "power the workspace's machine off; its root disk stays",
  description: `Asks the guest to power off, ends it when it has not done so in time, and removes all that the machine had on this host, but for its disk (dewar reset drops that).`,
  options: {
    ...MACHINE_OPTIONS,
    force: {
      long: 'force',
      short: 'f',
      kind: 'boolean',
      description: 'end the machine at once: what the guest has not written to its disk is lost',
    },
    timeout: {
      long: 'timeout',
      kind: 'number',
      valueName: 'seconds',
      default: 30,
      min: 0,
      max: 3600,
      description: 'for how long the guest may power off before it is ended',
    },
  },
  examples: [{ command: 'dewar down', description: 'anywhere in the workspace' }],
  run: async (input) => {
    const { down } = await import('../../workspace/down.ts');
    const { config, paths, name, context } = await openMachine(input);
    const { force, timeout } = input.options;
    const { wasUp } = await down(config, paths, { force, deadlineMs: timeout * 1000 }, context);
    return { data: { name, was_up: wasUp }, text: wasUp ? `${name}: down` : `${name}: was down` };
  },
});
