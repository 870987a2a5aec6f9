import { DewarError } from '../core/errors.ts';
import type { WorkspaceMachine } from '../vmm/workspace-driver.ts';
import { guestPath } from './guest-user.ts';
import type { HeldMachine } from './hold-machine.ts';
import type { JournalMount } from './journal.ts';
import { unmountInGuest } from './unmount-in-guest.ts';
import type { UnmountOptions } from './unmount-in-guest.ts';

/**
 * Unmounts a directory in the guest and ends what serves it on this host; also one that a process which died has half made.
 * @throws DewarError MOUNT_BUSY, UNMOUNT_FAILED, SSH_FAILED, NO_ANSWER (the guest keeps the device), INTERRUPTED
 */
export async function detachMount(
  machine: WorkspaceMachine,
  mount: JournalMount,
  held: HeldMachine,
  options: UnmountOptions,
): Promise<void> {
  await unmountInGuest(machine.ssh, guestPath(mount.target), options);
  if (mount.kind === 'virtiofs') await machine.removeDevice(mount.id).catch(ifPlugged);
  if (mount.kind === 'ssh') await machine.removeSshShare(mount.id);
  await held.note({ mounts: held.journal.mounts.filter(({ id }) => id !== mount.id) });
}

function ifPlugged(error: unknown): void {
  if (!(error instanceof DewarError) || error.code !== 'CANNOT_PLUG') throw error;
}
