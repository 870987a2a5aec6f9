import type { DriverContext, VmmDriver } from '../driver.ts';
import { machineDriver } from '../machine/machine-driver.ts';
import type { MachineImage } from '../machine/machine-image.ts';
import type { UnreachedMachine } from '../machine/own-machine.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import type { OpenTap } from '../tap-source.ts';
import type { TapNetwork } from '../workspace-driver.ts';
import { createMachine, DRIVER } from './create-machine.ts';
import { probeCloudHypervisor } from './probe-cloud-hypervisor.ts';
import { requireTap } from './require-tap.ts';
import { restoreMachine } from './restore-machine.ts';

export interface CloudHypervisorDriverOptions {
  env: Readonly<Record<string, string>>;
  /** The image that machines are made of. */
  image: () => Promise<MachineImage>;
  openTap: OpenTap;
  /** Gives a guest its address, by its agent. */
  address: (
    guest: Pick<UnreachedMachine, 'agent'>,
    network: TapNetwork,
    context: DriverContext,
  ) => Promise<void>;
  /** Makes a clone a machine of its own, before it serves. */
  refresh: (machine: VirtualMachine, context: DriverContext) => Promise<void>;
  cpus: number;
  memoryMiB: number;
  /** Bytes. */
  diskSize: number;
  /** Whether a new machine reaches the network; one that is brought back never does. */
  network: 'open' | 'off';
}

/** Guests of Cloud Hypervisor, which needs KVM and a TAP. */
export function cloudHypervisorDriver(options: CloudHypervisorDriverOptions): VmmDriver {
  const { env, image, openTap, address, refresh, network, ...size } = options;
  return machineDriver({
    name: DRIVER,
    capabilities: {
      snapshot: true,
      lazyRestore: true,
      hotplugDisk: true,
      hotplugShare: true,
      network: 'tap',
      rootless: false,
    },
    env,
    image,
    network,
    openTap,
    probe: probeCloudHypervisor,
    create: ({ image, freezable, tap: held }, context) => {
      const tap = requireTap(held);
      const beforeSsh = ({ agent }: UnreachedMachine): Promise<void> => address({ agent }, tap, context);
      return createMachine({ ...size, image, freezable, tap, beforeSsh }, context);
    },
    restore: (bundle, { image, tap: held }, context) => {
      const tap = requireTap(held);
      return restoreMachine(
        bundle,
        {
          image,
          tap,
          beforeSsh: ({ agent }) => address({ agent }, tap, context),
          beforeServing: (machine) => refresh(machine, context),
        },
        context,
      );
    },
  });
}
