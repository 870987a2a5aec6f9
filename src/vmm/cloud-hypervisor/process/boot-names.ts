import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { BOOT_NAMES } from '../plan/plan-machine.ts';

/**
 * Makes the names that a machine's guest needs to start; when they are gone it cannot be started again: a guest that reboots
 * ends the VMM.
 * @param boot absolute; undefined for a guest that was started before
 */
export async function makeBootNames(
  { directory, console }: MachinePaths,
  boot: { kernel: string; initrd: string | undefined } | undefined,
): Promise<void> {
  await mkdir(join(directory, BOOT_NAMES.directory), { mode: 0o700 });
  await symlink(console, join(directory, BOOT_NAMES.console));
  if (boot === undefined) return;
  await symlink(boot.kernel, join(directory, BOOT_NAMES.kernel));
  if (boot.initrd !== undefined) await symlink(boot.initrd, join(directory, BOOT_NAMES.initrd));
}

export async function removeBootNames({ directory }: MachinePaths): Promise<void> {
  await rm(join(directory, BOOT_NAMES.directory), { recursive: true });
}
