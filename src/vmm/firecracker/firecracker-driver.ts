import type { VmmDriver } from '../driver.ts';
import { tapMachineDriver } from '../machine/tap/tap-machine-driver.ts';
import type { TapDriverOptions } from '../machine/tap/tap-machine-driver.ts';
import { FIRECRACKER } from './firecracker-vmm.ts';
import { MOST_CPUS } from './plan/plan-boot.ts';

/** Guests of Firecracker, which needs KVM and a TAP. */
export function firecrackerDriver(options: TapDriverOptions): VmmDriver {
  const capabilities = {
    snapshot: true,
    lazyRestore: true,
    hotplugDisk: false,
    hotplugShare: false,
    network: 'tap',
    rootless: false,
    mostCpus: MOST_CPUS,
  } as const;
  return tapMachineDriver(FIRECRACKER, capabilities, options);
}
