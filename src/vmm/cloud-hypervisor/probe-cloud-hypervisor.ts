import { DewarError } from '../../core/errors.ts';
import type { DriverProbe } from '../driver.ts';
import type { HostOptions } from '../machine/assert-kvm-runs.ts';
import { probeCloudHypervisorHost } from './host/cloud-hypervisor-host.ts';
import { WRITTEN_FOR } from './host/find-cloud-hypervisor.ts';

/** @returns whether machines of Cloud Hypervisor work on this host; not those of a version that nobody has tried */
export async function probeCloudHypervisor(context: HostOptions): Promise<DriverProbe> {
  try {
    const { path, version } = await probeCloudHypervisorHost(context);
    if (version.major <= WRITTEN_FOR.newest) return { works: true };
    return {
      works: false,
      why: `${path} is Cloud Hypervisor ${version.text}, which is newer than the driver, written for v${WRITTEN_FOR.newest}`,
      mend: 'use a newer dewar, or name an older Cloud Hypervisor by DEWAR_CLOUD_HYPERVISOR',
    };
  } catch (error) {
    const mend = error instanceof DewarError ? error.mend : 'install cloud-hypervisor again';
    return { works: false, why: error instanceof Error ? error.message : String(error), mend };
  }
}
