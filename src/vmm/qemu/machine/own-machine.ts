import { openSsh } from '../../../platform/ssh.ts';
import type { Transport } from '../../../platform/ssh.ts';
import { DewarError } from '../../../core/errors.ts';
import type { GuestAgent } from '../protocol/guest-agent.ts';
import { authorize } from './authorize.ts';
import type { ConnectedQemu } from './connect-qemu.ts';
import { endNow } from './end-qemu.ts';
import { hotPlug } from './hot-plug.ts';
import type { HotPlug } from './hot-plug.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import { removeMachine } from './machine-directory.ts';
import type { OwnedDirectory } from './machine-directory.ts';
import { describeSilence } from './machine-end.ts';
import { machineHandle } from './machine-handle.ts';
import type { Freezable } from './machine-handle.ts';
import type { MachineRecord } from './machine-record.ts';
import { writeMachineRecord } from './machine-record.ts';
import { plugLimits } from './plug-limits.ts';
import type { VirtualMachine } from './virtual-machine.ts';

export interface OwnedMachine {
  owned: OwnedDirectory;
  qemu: ConnectedQemu;
  freezable: Freezable | undefined;
  hardware: VirtualMachine['hardware'];
  /** Name of its image. */
  image: string;
  /** The root disk's own layer. */
  overlay: string;
  /** Where sshd is reached. */
  address: { host: string; port: number };
  /** Milliseconds until the guest's agent must answer. */
  answersWithin: number;
  /** The public host key of a guest that was frozen; ssh refuses another. */
  hostKey?: string;
  /** Called when the agent answers, before the first connection by ssh: sshd may wait for what this does. */
  beforeSsh?: ((machine: UnreachedMachine) => Promise<void>) | undefined;
  /** Other processes may attach to it. */
  outlives: boolean;
}

/** A machine before ssh. */
export interface UnreachedMachine extends HotPlug {
  qemu: ConnectedQemu;
  agent: GuestAgent;
  paths: OwnedDirectory['paths'];
  hardware: VirtualMachine['hardware'];
  overlay: string;
  hostKey: string;
}

/**
 * Waits until a guest with running CPUs answers, gives it a key and connects to it.
 * @throws DewarError GUEST_SILENT, GUEST_UNFIT, GUEST_PANIC, MACHINE_ENDED, SSH_FAILED, INTERRUPTED
 */
export async function ownMachine(machine: OwnedMachine, context: MachineContext): Promise<VirtualMachine> {
  const { owned, qemu, hardware, address, outlives, image } = machine;
  const { paths } = owned;
  const { agent, qmp, process } = qemu;
  const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw await qemu.explain(error);
    }
  };

  await explained(() => untilAwake(machine, context));
  const hostKey = await explained(() => authorize(agent, paths, machine.hostKey, answer));
  const record: MachineRecord = { format: 1, hardware, image, address, host_key: hostKey, devices: [] };
  const keep = outlives
    ? (devices: MachineRecord['devices']): Promise<void> => writeMachineRecord(paths, { ...record, devices })
    : undefined;
  await keep?.([]);
  const plug = hotPlug(qmp, hardware, { ...plugLimits(paths, context), keep });
  await machine.beforeSsh?.({ ...plug, qemu, agent, paths, hardware, overlay: machine.overlay, hostKey });
  const ssh = await explained(() => openSshOfMachine(paths.ssh, address, hostKey, context));

  let removed: Promise<void> | undefined;
  const remove = (): Promise<void> => (removed ??= dispose());
  async function dispose(): Promise<void> {
    qemu.disconnect();
    await endNow(process);
    await removeMachine(owned);
  }
  const letGo = async (): Promise<void> => {
    qemu.disconnect();
    process.letGo();
    await owned.lock.release();
  };
  return machineHandle(
    { paths, qemu, hardware, ssh, plug, hostKey, freezable: machine.freezable, remove, letGo, explained },
    context,
  );
}

/** Connects to a guest as root. */
export function openSshOfMachine(
  directory: string,
  address: { host: string; port: number },
  hostKey: string,
  context: MachineContext,
  { user = 'root', reuse = false }: { user?: string; reuse?: boolean } = {},
): Promise<Transport> {
  const deadlineMs = deadline(context, reuse ? 'reach' : 'connect');
  const connect = { deadlineMs, signal: context.signal, reuse };
  return openSsh({ directory, user, ...address }, hostKey, connect);
}

async function untilAwake(
  { qemu, owned, answersWithin }: OwnedMachine,
  context: MachineContext,
): Promise<void> {
  try {
    await qemu.agent.synchronize({ deadlineMs: answersWithin, signal: context.signal });
  } catch (error) {
    if (error instanceof DewarError && error.code === 'GUEST_SILENT')
      throw describeSilence(owned.paths, error);
    throw error;
  }
}
