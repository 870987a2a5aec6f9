import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { loadWorkspaceDriver } from '../../src/builtins.ts';
import type { DriverCapabilities } from '../../src/vmm/driver.ts';

/** A driver that suites of workspaces and snapshots run on, unchanged. */
export interface TestDriver {
  name: string;
  /** Of its VMM, as on its command line. */
  program: string;
  /** Variables that name programs of the VMM; sandboxes pass them on. */
  variables: readonly string[];
  /** Of its workspaces' machines. */
  capabilities: DriverCapabilities;
}

const PROGRAMS: Record<string, Pick<TestDriver, 'program' | 'variables'>> = {
  qemu: { program: 'qemu-system-x86_64', variables: ['DEWAR_QEMU', 'DEWAR_ACCEL'] },
  firecracker: {
    program: 'firecracker',
    variables: ['DEWAR_FIRECRACKER', 'DEWAR_JAILER', 'DEWAR_FIRECRACKER_MEMORY'],
  },
  'cloud-hypervisor': { program: 'cloud-hypervisor', variables: ['DEWAR_CLOUD_HYPERVISOR'] },
};

/** Whose absence is a failure. */
const REQUIRED = (process.env['DEWAR_REQUIRE_DRIVERS'] ?? '').split(',').filter((name) => name !== '');

/** `DEWAR_TEST_DRIVER`, by default QEMU's. @throws for one that is none, and for one that must be there and is not */
export const testDriver: TestDriver = await find(process.env['DEWAR_TEST_DRIVER'] ?? 'qemu');

/** How a machine with a new disk comes up when another one of its kind did before. */
export const THAWED: 'thawed' | 'booted' = testDriver.capabilities.snapshot ? 'thawed' : 'booted';

/** How directories are shared with its workspaces' machines, and the program of this host that serves one. */
export const SHARES: { kind: 'virtiofs' | 'ssh'; server: string } = testDriver.capabilities.hotplugShare
  ? { kind: 'virtiofs', server: 'virtiofsd' }
  : { kind: 'ssh', server: 'sftp-server' };

/**
 * Holds a driver to `DEWAR_REQUIRE_DRIVERS`.
 * @param why it cannot be tried here
 * @returns the same
 * @throws for one that must be there
 */
export function unlessRequired(name: string, why: string | undefined): string | undefined {
  if (why !== undefined && REQUIRED.includes(name))
    throw new Error(`DEWAR_REQUIRE_DRIVERS has ${name}, but: ${why}`);
  return why;
}

/** @returns why machines of the driver cannot be tried here; undefined where they can */
export function whyNoVmm({
  program,
  variables,
}: Pick<TestDriver, 'program' | 'variables'>): string | undefined {
  const own = process.env[variables[0] ?? ''];
  const places =
    own === undefined || own === ''
      ? `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(delimiter).map((path) => join(path, program))
      : [own];
  return places.some(isProgram) ? undefined : `without ${own === undefined || own === '' ? program : own}`;
}

async function find(name: string): Promise<TestDriver> {
  for (const required of REQUIRED) {
    const known = PROGRAMS[required];
    if (known !== undefined) unlessRequired(required, whyNoVmm(known));
    else if (required !== 'local')
      throw new Error(`DEWAR_REQUIRE_DRIVERS has ${required}, which is no driver`);
  }
  const known = PROGRAMS[name];
  if (known === undefined)
    throw new Error(`DEWAR_TEST_DRIVER=${name} is none of ${Object.keys(PROGRAMS).join(', ')}`);
  const { capabilities } = await loadWorkspaceDriver(name, {});
  return { name, ...known, capabilities };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}
