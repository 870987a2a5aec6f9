import type { DriverContext, VmmDriver } from '../driver.ts';
import { machineDriver } from '../machine/machine-driver.ts';
import type { MachineImage } from '../machine/machine-image.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import { createMachine } from './create-machine.ts';
import { probeQemuDriver } from './probe-qemu-driver.ts';
import { restoreMachine } from './restore-machine.ts';

export interface QemuDriverOptions {
  env: Readonly<Record<string, string>>;
  /** The image that machines are made of. */
  image: () => Promise<MachineImage>;
  /** Makes a clone a machine of its own, before it serves. */
  refresh: (machine: VirtualMachine, context: DriverContext) => Promise<void>;
  cpus: number;
  memoryMiB: number;
  /** Bytes. */
  diskSize: number;
  /** Whether a new machine reaches the network; one that is brought back never does. */
  network: 'open' | 'off';
}

/** Guests of QEMU: they have a network, of QEMU's own, without rights on this host. */
export function qemuDriver({ env, image, refresh, network, ...size }: QemuDriverOptions): VmmDriver {
  return machineDriver({
    name: 'qemu',
    capabilities: {
      snapshot: true,
      lazyRestore: true,
      hotplugDisk: false,
      hotplugShare: false,
      network: 'user',
      rootless: true,
    },
    env,
    image,
    network,
    probe: probeQemuDriver,
    create: ({ image, freezable }, context) =>
      createMachine(
        {
          ...size,
          image,
          machine: 'microvm',
          freezable,
          network: { kind: 'user', restrict: network === 'off' },
        },
        context,
      ),
    restore: (bundle, { image }, context) =>
      restoreMachine(
        bundle,
        {
          image,
          network: { kind: 'user', restrict: true },
          beforeServing: (machine) => refresh(machine, context),
        },
        context,
      ),
  });
}
