import { WORKSPACE_DRIVERS } from '../../builtins.ts';
import type { StringOption } from '../command.ts';
import { WORKSPACE_DIRECTORY } from '../workspace-option.ts';

/** Of commands that start a machine. */
export const DRIVER_OPTION: StringOption & { choices: readonly string[] } = {
  long: 'driver',
  kind: 'string',
  choices: WORKSPACE_DRIVERS,
  description:
    "in place of the config's driver; auto: the one that the machine's disk belongs to, else the best that works here (docs/drivers.md)",
};

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
