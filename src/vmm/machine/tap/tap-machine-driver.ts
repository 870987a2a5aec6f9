import type { DriverCapabilities, DriverContext, VmmDriver } from '../../driver.ts';
import type { OpenTap } from '../../tap-source.ts';
import { machineDriver } from '../machine-driver.ts';
import type { MachineImage } from '../machine-image.ts';
import type { GuestIntroduction } from '../machine-workspace-driver.ts';
import type { VirtualMachine } from '../virtual-machine.ts';
import { requireTap } from './require-tap.ts';
import type { TapVmm } from './tap-vmm.ts';

export interface TapDriverOptions extends Pick<GuestIntroduction, 'address'> {
  env: Readonly<Record<string, string>>;
  /** The image that machines are made of. */
  image: () => Promise<MachineImage>;
  openTap: OpenTap;
  /** Makes a clone a machine of its own, before it serves. */
  refresh: (machine: VirtualMachine, context: DriverContext) => Promise<void>;
  cpus: number;
  memoryMiB: number;
  /** Bytes. */
  diskSize: number;
  /** Whether a new machine reaches the network; one that is brought back never does. */
  network: 'open' | 'off';
}

/** Machines for snapshots, of a VMM that needs a TAP for each. */
export function tapMachineDriver(
  { name, title, probe, create, restore }: TapVmm,
  capabilities: DriverCapabilities,
  { env, image, openTap, address, refresh, network, ...size }: TapDriverOptions,
): VmmDriver {
  return machineDriver({
    name,
    capabilities,
    env,
    image,
    network,
    openTap,
    probe,
    create: ({ image, freezable, tap: held }, context) => {
      const tap = requireTap(held, title);
      return create(
        { ...size, image, freezable, tap, beforeSsh: ({ agent }) => address({ agent }, tap, context) },
        context,
      );
    },
    restore: (bundle, { image, tap: held }, context) => {
      const tap = requireTap(held, title);
      return restore(
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
