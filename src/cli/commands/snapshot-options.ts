import { resolve } from 'node:path';
import { DEFAULT_DRIVER, DRIVER_WORDS } from '../../builtins.ts';
import type { DriverName, MachineSettings } from '../../builtins.ts';
import type { ListOption, NumberOption, StringOption } from '../command.ts';
import { OWN_GUEST_OPTIONS, ownGuestSettings } from './own-guest-options.ts';
import type { OwnGuestValues } from './own-guest-options.ts';

interface EngineOptions extends Record<keyof typeof OWN_GUEST_OPTIONS, StringOption> {
  bazel: StringOption;
  driver: StringOption & { choices: typeof DRIVER_WORDS; default: DriverName };
  flags: ListOption;
  env: ListOption;
  image: StringOption;
  vcpus: NumberOption;
  memMib: NumberOption;
  diskGib: NumberOption;
  guestNetwork: StringOption & { choices: readonly ['off', 'open'] };
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
    choices: DRIVER_WORDS,
    default: DEFAULT_DRIVER,
    description:
      'where Bazel runs; local: on this host; the others: in a machine that is frozen and brought back; auto: the best that works here, and for a snapshot the one that recorded it (docs/drivers.md)',
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
  image: {
    long: 'image',
    kind: 'string',
    valueName: 'name',
    description: 'of machines: their image, a profile or an id of `dewar image ls`; bazel when absent',
  },
  vcpus: {
    long: 'vcpus',
    kind: 'integer',
    valueName: 'n',
    min: 1,
    max: 255,
    description: 'of machines: CPUs of a new one; as many as this host has when absent',
  },
  memMib: {
    long: 'mem-mib',
    kind: 'integer',
    valueName: 'MiB',
    min: 256,
    max: 16_777_216,
    description: 'of machines: memory of a new one; half of the memory of this host when absent',
  },
  diskGib: {
    long: 'disk-gib',
    kind: 'integer',
    valueName: 'GiB',
    min: 1,
    max: 65_536,
    description:
      'of machines: size of the root disk of a new one, which takes only what is written to it; 16 when absent',
  },
  guestNetwork: {
    long: 'guest-network',
    kind: 'string',
    choices: ['off', 'open'],
    description:
      'of machines: whether a new one reaches the network, which Bazel may need to fetch repositories; one that is brought back never does; off when absent',
  },
  ...OWN_GUEST_OPTIONS,
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

/**
 * @param command its name, for errors
 * @param cwd of relative paths
 * @returns what `loadDriver` wants of those options
 * @throws DewarError USAGE for options that cannot be together
 */
export function machineSettings(
  command: string,
  options: OwnGuestValues & { guestNetwork?: 'off' | 'open' | undefined },
  cwd: string,
): MachineSettings {
  const { image, vcpus, memMib, diskGib, guestNetwork } = options;
  const own = ownGuestSettings(command, options, cwd);
  return { image, vcpus, memoryMiB: memMib, diskGiB: diskGib, network: guestNetwork, ...own };
}

/** @returns the program that `--bazel` names: a path is relative to `cwd`, a name is looked for on PATH */
export function programOf(bazel: string | undefined, cwd: string): string | undefined {
  return bazel?.includes('/') === true ? resolve(cwd, bazel) : bazel;
}
