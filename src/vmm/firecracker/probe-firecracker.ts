import { DewarError } from '../../core/errors.ts';
import type { DriverProbe } from '../driver.ts';
import { probeFirecrackerHost } from './host/firecracker-host.ts';
import { findJailer } from './jail/find-jailer.ts';
import type { HostOptions } from '../machine/assert-kvm-runs.ts';

/**
 * @param options jailed: where root's machines run in the jail of a jailer, when one is there
 * @returns whether machines of Firecracker work on this host
 */
export async function probeFirecracker(
  context: HostOptions,
  options: { jailed?: boolean } = {},
): Promise<DriverProbe> {
  try {
    const program = await probeFirecrackerHost(context);
    if (options.jailed === true) await findJailer(program, context.env);
    return { works: true };
  } catch (error) {
    const mend = error instanceof DewarError ? error.mend : 'install Firecracker again';
    return { works: false, why: error instanceof Error ? error.message : String(error), mend };
  }
}
