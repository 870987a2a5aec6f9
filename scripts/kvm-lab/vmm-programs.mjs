import { accessSync, constants } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { SetupError } from '../setup/say.mjs';
import { LAB } from './run-in-lab.mjs';

/** No package has them for Debian: whoever has such a program names it, by its path on this host. */
const PROGRAMS = [
  { given: 'FIRECRACKER_BIN', variable: 'DEWAR_FIRECRACKER', driver: 'firecracker' },
  { given: 'JAILER_BIN', variable: 'DEWAR_JAILER' },
  { given: 'CLOUD_HYPERVISOR_BIN', variable: 'DEWAR_CLOUD_HYPERVISOR', driver: 'cloud-hypervisor' },
];

/** Variables of theirs that mean the same in the lab. */
const PASSED = ['DEWAR_FIRECRACKER_MEMORY'];

/**
 * The VMMs that the lab gets beside its own QEMU.
 * @param env may name their programs
 * @returns `files` for makeDisk, `env` by which dewar finds them in the lab, and `drivers` that work with them
 */
export function givenVmms(env = process.env) {
  const given = PROGRAMS.filter((program) => env[program.given]).map((program) => {
    const path = resolve(env[program.given]);
    check(program.given, path);
    // each in a directory of its own: their names are the user's
    return { ...program, path, to: `vmm/${program.variable}` };
  });
  return {
    files: given.map(({ path, to }) => ({ from: dirname(path), paths: [basename(path)], to })),
    env: Object.fromEntries([
      ...PASSED.filter((name) => env[name]).map((name) => [name, env[name]]),
      ...given.map(({ variable, path, to }) => [variable, `${LAB}/${to}/${basename(path)}`]),
    ]),
    drivers: given.flatMap(({ driver }) => (driver === undefined ? [] : [driver])),
  };
}

function check(variable, path) {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new SetupError(`${variable} names ${path}, which is no program`);
  }
}
