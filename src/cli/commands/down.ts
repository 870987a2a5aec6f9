import { defineCommand } from '../command.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { openMachine, workspaceContext } from '../open-machine.ts';
import { usageError } from '../usage-error.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'down',
  summary: "power the workspace's machine off; its root disk stays",
  description: `Asks the guest to power off, ends it when it has not done so in time, and removes all that the machine had on this host, but for its disk (dewar reset drops that).`,
  options: {
    ...MACHINE_OPTIONS,
    id: {
      long: 'id',
      kind: 'string',
      valueName: 'id',
      description:
        'the machine of that id (dewar status --json), wherever its workspace is or was; no config is loaded, no hook runs',
    },
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
  examples: [
    { command: 'dewar down', description: 'anywhere in the workspace' },
    { command: 'dewar down --id 10c4251c1ebea36c', description: 'its workspace was deleted' },
  ],
  run: async (input) => {
    const { name, wasUp } = await end(input);
    return { data: { name, was_up: wasUp }, text: wasUp ? `${name}: down` : `${name}: was down` };
  },
});

interface Options {
  workspace: string | undefined;
  machine: string | undefined;
  id: string | undefined;
  force: boolean;
  timeout: number;
}

async function end(input: CommandInput<Options, unknown>): Promise<{ name: string; wasUp: boolean }> {
  const { id, force, timeout, machine, workspace } = input.options;
  const how = { force, deadlineMs: timeout * 1000 };
  if (id !== undefined) {
    if (machine !== undefined || workspace !== undefined)
      throw usageError('down', '--id names a machine without --workspace and --machine');
    const { endById } = await import('../../workspace/end-by-id.ts');
    return endById(id, how, await workspaceContext(input));
  }
  const { down } = await import('../../workspace/down.ts');
  const { config, paths, name, context } = await openMachine(input, { checksFiles: false });
  return { name, ...(await down(config, paths, how, context)) };
}
