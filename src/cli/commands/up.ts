import type { Emit } from '../../core/events.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { describeUp } from '../describe-up.ts';
import { openMachine } from '../open-machine.ts';
import { DRIVER_OPTION, MACHINE_OPTIONS } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'up',
  summary: "start the workspace's machine: builds what is missing, boots or thaws, mounts, runs scripts",
  description: `Makes the machine that dewar.config says: its image, where it is missing; a root disk, which persists; credentials, which reach the guest's memory alone; mounts; then the scripts in the guest and the hooks on this host. A machine that is up stays as it is.

The first start of a kind of machine is saved before any credentials reach it. Machines with a new disk thaw from that; one with a disk of its own boots from it.`,
  options: {
    ...MACHINE_OPTIONS,
    driver: DRIVER_OPTION,
    snapshot: {
      long: 'snapshot',
      kind: 'boolean',
      default: true,
      negatable: true,
      description: 'thaw a machine that was saved right after its boot, and save the first one of a kind',
    },
  },
  examples: [
    { command: 'dewar up', description: 'anywhere in the workspace' },
    { command: 'dewar up -C ~/src/app --json', description: 'another workspace, for programs' },
  ],
  run: async (input) => {
    const { up } = await import('../../workspace/up.ts');
    const { config, paths, fork, context } = await openMachine(input);
    const data = await up(config, paths, { fork, noSnapshot: !input.options.snapshot }, context);
    await refreshEditorFiles(config.directory, input.emit);
    return { data, text: describeUp(data) };
  },
});

/** A fresh clone has none, an older dewar left others; the machine is up, whatever comes of it. */
async function refreshEditorFiles(directory: string, emit: Emit): Promise<void> {
  const { writeEditorFiles } = await import('../../config/init/editor-files.ts');
  await writeEditorFiles(directory).catch((error: unknown) =>
    emit({ type: 'debug', message: `no types and schema for editors: ${String(error)}` }),
  );
}
