import type { VmmDriver } from '../driver.ts';
import { tapMachineDriver } from '../machine/tap/tap-machine-driver.ts';
import type { TapDriverOptions } from '../machine/tap/tap-machine-driver.ts';
import { CLOUD_HYPERVISOR } from './cloud-hypervisor-vmm.ts';

/** Guests of Cloud Hypervisor, which needs KVM and a TAP. */
export function cloudHypervisorDriver(options: TapDriverOptions): VmmDriver {
  const capabilities = {
    snapshot: true,
    lazyRestore: true,
    hotplugDisk: true,
    hotplugShare: true,
    network: 'tap',
    rootless: false,
  } as const;
  return tapMachineDriver(CLOUD_HYPERVISOR, capabilities, options);
}
