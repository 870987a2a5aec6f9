import type { StringOption } from '../command.ts';
import { WORKSPACE_DIRECTORY } from '../workspace-option.ts';

/** Of commands on one machine. */
export const MACHINE_OPTIONS: { workspace: StringOption; machine: StringOption } = {
  workspace: WORKSPACE_DIRECTORY,
  machine: {
    long: 'machine',
    short: 'm',
    kind: 'string',
    valueName: 'name',
    description: "a machine that dewar fork made, instead of the workspace's own",
  },
};
