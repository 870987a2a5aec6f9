import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { describeUp } from '../describe-up.ts';
import { openMachine } from '../open-machine.ts';
import { WORKSPACE_DIRECTORY } from '../workspace-option.ts';
import { DRIVER_OPTION } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'fork',
  summary: 'start another machine of the workspace, with a disk of its own',
  description: `Starts a second, independent machine by the same config: it thaws from the state that was saved right after the first boot, before credentials, and gets the same credentials and mounts. All commands take its name: dewar run --machine NAME, dewar down --machine NAME.`,
  arguments: { name: { description: 'of the new machine', required: true } },
  options: { workspace: WORKSPACE_DIRECTORY, driver: DRIVER_OPTION },
  examples: [
    { command: 'dewar fork review', description: 'a machine for something else' },
    { command: 'dewar shell --machine review', description: 'a shell in it' },
  ],
  run: async (input) => {
    const { up } = await import('../../workspace/up.ts');
    const options = { ...input.options, machine: input.arguments.name };
    const { config, paths, fork, context } = await openMachine({ ...input, options });
    const data = await up(config, paths, { fork }, context);
    return { data, text: describeUp(data) };
  },
});
