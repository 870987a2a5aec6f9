import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineImage } from '../../machine/machine-image.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { BOOT_NAMES } from '../plan/plan-machine.ts';

/**
 * Makes the names that a machine's guest needs to start; when they are gone it cannot be started again: a guest that reboots
 * ends the VMM. It opens them also for a guest that it brings back, whose kernel it does not load.
 */
export async function makeBootNames(
  { directory, console }: MachinePaths,
  { kernel, initrd }: Pick<MachineImage, 'kernel' | 'initrd'>,
): Promise<void> {
  await mkdir(join(directory, BOOT_NAMES.directory), { mode: 0o700 });
  await symlink(console, join(directory, BOOT_NAMES.console));
  await symlink(kernel, join(directory, BOOT_NAMES.kernel));
  if (initrd !== undefined) await symlink(initrd, join(directory, BOOT_NAMES.initrd));
}

export async function removeBootNames({ directory }: MachinePaths): Promise<void> {
  await rm(join(directory, BOOT_NAMES.directory), { recursive: true });
}
