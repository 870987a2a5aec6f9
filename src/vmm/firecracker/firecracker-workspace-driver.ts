import { machineWorkspaceDriver } from '../machine/machine-workspace-driver.ts';
import type { GuestIntroduction } from '../machine/machine-workspace-driver.ts';
import type { WorkspaceDriver } from '../workspace-driver.ts';
import { createMachine, DRIVER } from './create-machine.ts';
import { pressButton } from './press-button.ts';
import { probeFirecracker } from './probe-firecracker.ts';
import { connectFirecracker } from './process/connect-firecracker.ts';
import { requireTap } from './require-tap.ts';

export interface FirecrackerWorkspaceOptions extends GuestIntroduction {
  env: Readonly<Record<string, string>>;
}

/** Guests of Firecracker that outlive the process that started them. Directories are shared with them by ssh. */
export function firecrackerWorkspaceDriver(options: FirecrackerWorkspaceOptions): WorkspaceDriver {
  return machineWorkspaceDriver({
    ...options,
    name: DRIVER,
    capabilities: {
      snapshot: false,
      lazyRestore: false,
      hotplugDisk: false,
      hotplugShare: false,
      network: 'tap',
      rootless: false,
    },
    diskKind: 'raw',
    probe: probeFirecracker,
    boot(spec, context) {
      const { id, image, cpus, memoryMiB, diskSize, overlay, holds, network } = spec;
      return createMachine(
        {
          image,
          cpus,
          memoryMiB,
          diskSize,
          overlay,
          freezable: false,
          tap: requireTap(typeof network === 'string' ? undefined : network),
          outlives: { id, holds },
          beforeSsh: (machine) => spec.beforeSsh(machine),
        },
        context,
      );
    },
    connect: connectFirecracker,
    pressButton,
  });
}
