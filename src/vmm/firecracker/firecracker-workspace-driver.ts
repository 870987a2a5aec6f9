import { tapWorkspaceDriver } from '../machine/tap/tap-workspace-driver.ts';
import type { TapWorkspaceOptions } from '../machine/tap/tap-workspace-driver.ts';
import type { WorkspaceDriver } from '../workspace-driver.ts';
import { FIRECRACKER } from './firecracker-vmm.ts';
import { MOST_CPUS } from './plan/plan-boot.ts';

/** Guests of Firecracker that outlive the process that started them. Directories are shared with them by ssh. */
export function firecrackerWorkspaceDriver(options: TapWorkspaceOptions): WorkspaceDriver {
  const capabilities = {
    snapshot: false,
    lazyRestore: false,
    hotplugDisk: false,
    hotplugShare: false,
    network: 'tap',
    rootless: false,
    mostCpus: MOST_CPUS,
  } as const;
  return tapWorkspaceDriver(FIRECRACKER, capabilities, options);
}
