import { DewarError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { describeStatus } from '../describe-status.ts';
import { openMachine, workspaceContext } from '../open-machine.ts';
import { WORKSPACE_DIRECTORY } from '../workspace-option.ts';

export const command: CommandSpec = defineCommand({
  name: 'status',
  summary: 'show all machines that are up, and that of this workspace',
  description: `All machines of this user: name, state, process, slot, uptime, memory and mounts. What a dewar or a machine that died has left is removed on the way.`,
  options: { workspace: WORKSPACE_DIRECTORY },
  examples: [{ command: 'dewar status --json', description: 'for programs' }],
  run: async (input) => {
    const { status } = await import('../../workspace/status.ts');
    const options = { ...input.options, machine: undefined };
    const here = await openMachine({ ...input, options }, { checksFiles: false }).catch((error: unknown) => {
      // It is a question about all machines; a workspace that was named must be one.
      if (!(error instanceof DewarError) || input.options.workspace !== undefined || input.signal.aborted)
        throw error;
      const { code, message } = error;
      if (code !== 'NO_CONFIG') input.emit({ type: 'warning', code, message });
      return undefined;
    });
    const context = here?.context ?? (await workspaceContext(input));
    const machines = await status(
      here && { name: here.name, paths: here.paths, workspace: here.config.directory },
      context,
    );
    return { data: { machines }, text: await describeStatus(machines) };
  },
});
