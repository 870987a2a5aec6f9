import { openSsh } from '../../platform/ssh.ts';
import type { Transport } from '../../platform/ssh.ts';
import { DewarError } from '../../core/errors.ts';
import { authorize } from './authorize.ts';
import type { ConnectedVmm } from './connected-vmm.ts';
import { explainedBy } from './explained-by.ts';
import type { HotPlug } from './hot-plug.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import type { OwnedDirectory } from './machine-directory.ts';
import { describeSilence } from './machine-end.ts';
import { machineHandle } from './machine-handle.ts';
import { machineRemoval } from './machine-removal.ts';
import type { Freezable } from './machine-handle.ts';
import type { MachineRecord } from './machine-record.ts';
import { writeMachineRecord } from './machine-record.ts';
import { plugLimits } from './plug-limits.ts';
import type { VirtualMachine } from './virtual-machine.ts';

export interface OwnedMachine<Vmm extends ConnectedVmm = ConnectedVmm> {
  owned: OwnedDirectory;
  vmm: Vmm;
  freezable: Freezable | undefined;
  hardware: VirtualMachine['hardware'];
  /** Name of its image. */
  image: string;
  /** The root disk, or what it has of its own. */
  overlay: string;
  /** Where sshd is reached. */
  address: { host: string; port: number };
  /** Milliseconds until the guest's agent must answer. */
  answersWithin: number;
  /** The public host key of a guest that was frozen; ssh refuses another. */
  hostKey?: string;
  /** Called when the agent answers, before the first connection by ssh: sshd may wait for what this does. */
  beforeSsh?: ((machine: UnreachedMachine<Vmm>) => Promise<void>) | undefined;
  /** Other processes may attach to it. */
  outlives: boolean;
}

/** A machine before ssh. */
export interface UnreachedMachine<Vmm extends ConnectedVmm = ConnectedVmm> extends HotPlug {
  vmm: Vmm;
  agent: Vmm['agent'];
  paths: OwnedDirectory['paths'];
  hardware: VirtualMachine['hardware'];
  overlay: string;
  hostKey: string;
}

/**
 * Waits until a guest with running CPUs answers, gives it a key and connects to it.
 * @throws DewarError GUEST_SILENT, GUEST_UNFIT, GUEST_PANIC, MACHINE_ENDED, SSH_FAILED, INTERRUPTED
 */
export async function ownMachine<Vmm extends ConnectedVmm>(
  machine: OwnedMachine<Vmm>,
  context: MachineContext,
): Promise<VirtualMachine> {
  const { owned, vmm, hardware, address, outlives, image } = machine;
  const { paths } = owned;
  const { agent } = vmm;
  const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  const explained = explainedBy(vmm);

  await explained(() => untilAwake(machine, context));
  const hostKey = await explained(() => authorize(agent, paths, machine.hostKey, answer));
  const record: MachineRecord = { format: 1, hardware, image, address, host_key: hostKey, devices: [] };
  const keep = outlives
    ? (devices: MachineRecord['devices']): Promise<void> => writeMachineRecord(paths, { ...record, devices })
    : undefined;
  await keep?.([]);
  const plug = vmm.plug({ ...plugLimits(paths, context), keep });
  await machine.beforeSsh?.({ ...plug, vmm, agent, paths, hardware, overlay: machine.overlay, hostKey });
  const ssh = await explained(() => openSshOfMachine(paths.ssh, address, hostKey, context));

  const { remove, letGo } = machineRemoval(owned, vmm);
  return machineHandle(
    { paths, vmm, hardware, ssh, plug, hostKey, freezable: machine.freezable, remove, letGo },
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
  { vmm, owned, answersWithin }: Pick<OwnedMachine, 'vmm' | 'owned' | 'answersWithin'>,
  context: MachineContext,
): Promise<void> {
  try {
    await vmm.agent.synchronize({ deadlineMs: answersWithin, signal: context.signal });
  } catch (error) {
    if (error instanceof DewarError && error.code === 'GUEST_SILENT')
      throw describeSilence(owned.paths, error);
    throw error;
  }
}
