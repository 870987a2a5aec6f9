import { tapWorkspaceDriver } from '../machine/tap/tap-workspace-driver.ts';
import type { TapWorkspaceOptions } from '../machine/tap/tap-workspace-driver.ts';
import type { WorkspaceDriver } from '../workspace-driver.ts';
import { CLOUD_HYPERVISOR } from './cloud-hypervisor-vmm.ts';

/** Guests of Cloud Hypervisor that outlive the process that started them. */
export function cloudHypervisorWorkspaceDriver(options: TapWorkspaceOptions): WorkspaceDriver {
  const capabilities = {
    snapshot: false,
    lazyRestore: false,
    hotplugDisk: true,
    hotplugShare: true,
    network: 'tap',
    rootless: false,
  } as const;
  return tapWorkspaceDriver(CLOUD_HYPERVISOR, capabilities, options);
}
