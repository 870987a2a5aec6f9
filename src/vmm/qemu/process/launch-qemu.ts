import type { FileHandle } from 'node:fs/promises';
import { DewarError } from '../../../core/errors.ts';
import { findFreePort } from '../../../platform/free-port.ts';
import type { HeldDescriptor } from '../../workspace-driver.ts';
import type { NetworkPlan } from '../plan/plan-qemu.ts';
import { connectQemu } from './connect-qemu.ts';
import type { ConnectedQemu } from './connect-qemu.ts';
import { endNow } from '../../machine/end-vmm.ts';
import type { Hardware } from '../../machine/hardware.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { startVmm } from '../../machine/start-vmm.ts';

/** A QEMU that was just started, and answers. */
export interface RunningQemu extends ConnectedQemu {
  /** Where sshd of the guest is reached; undefined without user networking. */
  sshPort: number | undefined;
}

export interface LaunchOptions {
  program: string;
  paths: MachinePaths;
  hardware: Hardware;
  /** The network as the machine's owner wishes it; its port is found here. */
  network: Exclude<NetworkPlan, { kind: 'user' }> | { kind: 'user'; restrict: boolean };
  plan: (network: NetworkPlan) => string[];
  /** The saved state, which QEMU gets as file descriptor 3. */
  state?: FileHandle;
  /** QEMU goes on without this process, and holds these. */
  outlives?: { holds: readonly HeldDescriptor[] } | undefined;
  /** A port of 127.0.0.1 for each try. */
  findPort?: () => Promise<number>;
}

/** Another program may take the port that was found between our look and QEMU's. */
const PORT_TRIES = 5;

/**
 * Starts QEMU in its directory and connects to it and to the guest agent's port.
 * @throws DewarError COMMAND_NOT_FOUND, PORT_TAKEN (again and again), MACHINE_ENDED, NO_ANSWER, INTERRUPTED
 */
export async function launchQemu(options: LaunchOptions, context: MachineContext): Promise<RunningQemu> {
  for (let tries = 1; ; tries++) {
    const { network, findPort = findFreePort } = options;
    const plan: NetworkPlan = network.kind === 'user' ? { ...network, sshPort: await findPort() } : network;
    try {
      return await launchOnce(options, plan, context);
    } catch (error) {
      if (!(error instanceof DewarError) || error.code !== 'PORT_TAKEN' || tries === PORT_TRIES) throw error;
      context.emit({ type: 'debug', message: error.message });
    }
  }
}

async function launchOnce(
  { program, paths, hardware, plan, state, outlives }: LaunchOptions,
  network: NetworkPlan,
  context: MachineContext,
): Promise<RunningQemu> {
  context.beforeStart?.();
  const descriptors = state === undefined ? [] : [state];
  const process = await startVmm({ program, args: plan(network), paths, descriptors, outlives }, context);
  try {
    const connected = await connectQemu(process, paths, hardware, context);
    return { ...connected, sshPort: network.kind === 'user' ? network.sshPort : undefined };
  } catch (error) {
    await endNow(process);
    throw error;
  }
}
