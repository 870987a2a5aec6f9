import type { DriverCapabilities } from '../../driver.ts';
import type { WorkspaceDriver } from '../../workspace-driver.ts';
import { machineWorkspaceDriver } from '../machine-workspace-driver.ts';
import type { GuestIntroduction } from '../machine-workspace-driver.ts';
import { requireTap } from './require-tap.ts';
import type { TapVmm } from './tap-vmm.ts';

export interface TapWorkspaceOptions extends GuestIntroduction {
  env: Readonly<Record<string, string>>;
}

/** Machines that outlive the process that started them, of a VMM that needs a TAP for each. */
export function tapWorkspaceDriver(
  { name, title, probe, create, connect, pressButton }: TapVmm,
  capabilities: DriverCapabilities,
  options: TapWorkspaceOptions,
): WorkspaceDriver {
  return machineWorkspaceDriver({
    ...options,
    name,
    capabilities,
    diskKind: 'raw',
    probe,
    connect,
    pressButton,
    boot({ id, image, cpus, memoryMiB, diskSize, overlay, holds, network, beforeSsh }, context) {
      const tap = requireTap(network, title);
      const outlives = { id, holds };
      return create(
        { image, cpus, memoryMiB, diskSize, overlay, freezable: false, tap, outlives, beforeSsh },
        context,
      );
    },
  });
}
