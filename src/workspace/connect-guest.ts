import type { Guest } from '../config/workspace-config.ts';
import type { Transport } from '../platform/ssh.ts';
import { guestHandle } from './guest-handle.ts';
import { GUEST_USER } from './guest-user.ts';
import type { MachineInHand } from './mount.ts';
import { requireMachine } from './require-machine.ts';

type Hand = Pick<MachineInHand, 'name' | 'paths' | 'context'>;

/** @returns a connection of the root of a machine that is up. @throws DewarError WORKSPACE_DOWN, WORKSPACE_BUSY, SSH_FAILED */
export async function connectRoot({ name, paths, context }: Hand): Promise<Transport> {
  const { machine } = await requireMachine(name, paths, context);
  const driver = await context.loadDriver(machine.driver);
  return driver.connect(machine.id, 'root', context);
}

/** @returns the guest of a machine that is up. @throws DewarError WORKSPACE_DOWN, WORKSPACE_BUSY, SSH_FAILED */
export async function connectGuest({ name, paths, context }: Hand): Promise<Guest> {
  const { machine } = await requireMachine(name, paths, context);
  const driver = await context.loadDriver(machine.driver);
  const user = await driver.connect(machine.id, GUEST_USER, context);
  const root = await driver.connect(machine.id, 'root', context);
  return guestHandle({ user, root }, context.signal);
}
