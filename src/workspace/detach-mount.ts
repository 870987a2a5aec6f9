import { DewarError } from '../core/errors.ts';
import type { WorkspaceMachine } from '../vmm/workspace-driver.ts';
import { abandonInGuest } from './abandon-in-guest.ts';
import { guestPath } from './guest-user.ts';
import type { HeldMachine } from './hold-machine.ts';
import type { JournalMount } from './journal.ts';
import { unmountInGuest } from './unmount-in-guest.ts';
import type { UnmountOptions } from './unmount-in-guest.ts';

/**
 * Unmounts a directory in the guest and ends what serves it on this host; also one that a process which died has half made.
 * One that nobody serves any more is hidden from the guest; its device, of which the guest cannot let go, stays.
 * @throws DewarError MOUNT_BUSY, UNMOUNT_FAILED, SSH_FAILED, NO_ANSWER (the guest keeps the device), INTERRUPTED
 */
export async function detachMount(
  machine: WorkspaceMachine,
  mount: JournalMount,
  held: HeldMachine,
  options: UnmountOptions,
): Promise<void> {
  if (mount.kind === 'virtiofs' && !(await machine.isShareServed(mount.id)))
    await abandonInGuest(machine.ssh, mount.id, options.signal);
  else await detach(machine, mount, options);
  await held.note({ mounts: held.journal.mounts.filter(({ id }) => id !== mount.id) });
}

async function detach(
  machine: WorkspaceMachine,
  { id, kind, target }: JournalMount,
  options: UnmountOptions,
): Promise<void> {
  await unmountInGuest(machine.ssh, guestPath(target), options);
  if (kind === 'virtiofs') await machine.removeDevice(id).catch(ifPlugged);
  if (kind === 'ssh') await machine.removeSshShare(id);
}

function ifPlugged(error: unknown): void {
  if (!(error instanceof DewarError) || error.code !== 'CANNOT_PLUG') throw error;
}
