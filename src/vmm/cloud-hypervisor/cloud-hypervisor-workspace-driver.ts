import { machineWorkspaceDriver } from '../machine/machine-workspace-driver.ts';
import type { GuestIntroduction } from '../machine/machine-workspace-driver.ts';
import type { WorkspaceDriver } from '../workspace-driver.ts';
import { createMachine, DRIVER } from './create-machine.ts';
import { pressButton } from './press-button.ts';
import { probeCloudHypervisor } from './probe-cloud-hypervisor.ts';
import { requireTap } from './require-tap.ts';
import { connectCloudHypervisor } from './process/connect-cloud-hypervisor.ts';

export interface CloudHypervisorWorkspaceOptions extends GuestIntroduction {
  env: Readonly<Record<string, string>>;
}

/** Guests of Cloud Hypervisor that outlive the process that started them. */
export function cloudHypervisorWorkspaceDriver(options: CloudHypervisorWorkspaceOptions): WorkspaceDriver {
  return machineWorkspaceDriver({
    ...options,
    name: DRIVER,
    capabilities: {
      snapshot: false,
      lazyRestore: false,
      hotplugDisk: true,
      hotplugShare: true,
      network: 'tap',
      rootless: false,
    },
    diskKind: 'raw',
    probe: probeCloudHypervisor,
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
    connect: connectCloudHypervisor,
    pressButton,
  });
}
