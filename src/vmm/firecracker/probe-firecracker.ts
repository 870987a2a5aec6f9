import { DewarError } from '../../core/errors.ts';
import type { DriverProbe } from '../driver.ts';
import { probeFirecrackerHost } from './host/firecracker-host.ts';
import type { HostOptions } from '../machine/assert-kvm-runs.ts';

/** @returns whether machines of Firecracker work on this host */
export async function probeFirecracker(context: HostOptions): Promise<DriverProbe> {
  try {
    await probeFirecrackerHost(context);
    return { works: true };
  } catch (error) {
    const mend = error instanceof DewarError ? error.mend : 'install Firecracker again';
    return { works: false, why: error instanceof Error ? error.message : String(error), mend };
  }
}
