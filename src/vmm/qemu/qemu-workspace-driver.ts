import { connectQemu } from './process/connect-qemu.ts';
import type { ConnectedQemu } from './process/connect-qemu.ts';
import { machineWorkspaceDriver } from '../machine/machine-workspace-driver.ts';
import type { BootSpec, GuestIntroduction } from '../machine/machine-workspace-driver.ts';
import type { WorkspaceDriver } from '../workspace-driver.ts';
import { createMachine } from './create-machine.ts';
import type { CreateSpec } from './create-machine.ts';
import { pressQemuButton } from './press-qemu-button.ts';
import { probeQemuDriver } from './probe-qemu-driver.ts';
import { openStandby } from './standby/open-standby.ts';
import { sweepStandbys } from './standby/sweep-standbys.ts';

export interface QemuWorkspaceOptions extends GuestIntroduction {
  env: Readonly<Record<string, string>>;
}

/** Guests of QEMU that outlive the process that started them. */
export function qemuWorkspaceDriver({ env, ...introduction }: QemuWorkspaceOptions): WorkspaceDriver {
  return machineWorkspaceDriver<ConnectedQemu>({
    ...introduction,
    name: 'qemu',
    capabilities: {
      snapshot: true,
      lazyRestore: false,
      hotplugDisk: true,
      hotplugShare: true,
      network: 'user',
      rootless: true,
    },
    env,
    diskKind: 'qcow2',
    probe: probeQemuDriver,
    boot: (spec, context) =>
      createMachine(
        {
          ...placeOf(spec),
          machine: 'q35',
          cpus: spec.cpus,
          memoryMiB: spec.memoryMiB,
          diskSize: spec.diskSize,
          freezable: false,
        },
        context,
      ),
    async openStandby(spec, context) {
      const standby = await openStandby(spec, context);
      return standby && { wake: (spec) => standby.wake(placeOf(spec)), save: standby.save };
    },
    connect: connectQemu,
    pressButton: pressQemuButton,
    sweepStandbys,
  });
}

/** What a machine that boots and one that wakes have in common. */
function placeOf({ id, image, overlay, holds, network, beforeSsh }: BootSpec<ConnectedQemu>): Pick<
  CreateSpec,
  'image' | 'network' | 'address' | 'mac'
> & {
  overlay: string;
  outlives: NonNullable<CreateSpec['outlives']>;
} & Required<Pick<CreateSpec, 'beforeSsh'>> {
  return {
    image,
    overlay,
    beforeSsh,
    outlives: { id, holds },
    ...(typeof network === 'string'
      ? { network: { kind: 'user', restrict: network === 'off' } }
      : { network: { kind: 'tap', name: network.tap }, address: network.guest, mac: network.mac }),
  };
}
