import { DEFAULT_DRIVER, DRIVER_NAMES } from '../../builtins.ts';

/** Options that record and consume share, and that must be equal on both sides. */
export const ENGINE_OPTIONS = {
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
} as const;

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
