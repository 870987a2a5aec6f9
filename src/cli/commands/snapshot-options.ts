import { resolve } from 'node:path';
import { DEFAULT_DRIVER, DRIVER_NAMES } from '../../builtins.ts';
import type { DriverName } from '../../builtins.ts';
import type { ListOption, StringOption } from '../command.ts';

interface EngineOptions {
  bazel: StringOption;
  driver: StringOption & { choices: typeof DRIVER_NAMES; default: DriverName };
  flags: ListOption;
  env: ListOption;
}

/** Options that record and consume share, and that must be equal on both sides. */
export const ENGINE_OPTIONS: EngineOptions = {
  bazel: {
    long: 'bazel',
    kind: 'string',
    valueName: 'path',
    description: 'the Bazel to run; the one on PATH when absent',
  },
  driver: {
    long: 'driver',
    kind: 'string',
    choices: DRIVER_NAMES,
    default: DEFAULT_DRIVER,
    description: 'where Bazel runs; local: on this host',
  },
  flags: {
    long: 'flag',
    kind: 'list',
    valueName: 'flag',
    description:
      'an engine flag that record and consume must share, as in --flag=--useCquery; may be repeated',
  },
  env: {
    long: 'env',
    kind: 'list',
    valueName: 'name',
    description:
      'pass this environment variable to Bazel, and make it part of the fingerprint; may be repeated',
  },
};

export const WORKSPACE_OPTION = {
  long: 'workspace',
  kind: 'string',
  valueName: 'dir',
  default: '.',
  description: 'the Bazel workspace, inside a git work tree',
} as const;

export const STORE_OPTION = {
  long: 'store',
  kind: 'string',
  valueName: 'dir',
  required: true,
  description: 'the directory of the snapshots',
} as const;

/** @returns the program that `--bazel` names: a path is relative to `cwd`, a name is looked for on PATH */
export function programOf(bazel: string | undefined, cwd: string): string | undefined {
  return bazel?.includes('/') === true ? resolve(cwd, bazel) : bazel;
}
