import type { BooleanOption, StringOption } from '../command.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

export const RUN_OPTIONS: typeof MACHINE_OPTIONS & { workdir: StringOption; root: BooleanOption } = {
  ...MACHINE_OPTIONS,
  workdir: {
    long: 'workdir',
    short: 'w',
    kind: 'string',
    valueName: 'path',
    description: 'the directory in the guest to begin in',
  },
  root: { long: 'root', kind: 'boolean', description: 'as root, instead of the user' },
};
