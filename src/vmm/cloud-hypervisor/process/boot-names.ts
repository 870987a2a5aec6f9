import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BOOT_NAMES } from '../plan/plan-machine.ts';

/**
 * Makes the names that a machine's guest needs to start; when they are gone it cannot be started again: a guest that reboots
 * ends the VMM.
 * @param directory the machine's; absolute
 */
export async function makeBootNames(
  directory: string,
  targets: { kernel: string; initrd: string | undefined; console: string },
): Promise<void> {
  await mkdir(join(directory, BOOT_NAMES.directory), { mode: 0o700 });
  await symlink(targets.kernel, join(directory, BOOT_NAMES.kernel));
  if (targets.initrd !== undefined) await symlink(targets.initrd, join(directory, BOOT_NAMES.initrd));
  await symlink(targets.console, join(directory, BOOT_NAMES.console));
}

export async function removeBootNames(directory: string): Promise<void> {
  await rm(join(directory, BOOT_NAMES.directory), { recursive: true });
}
