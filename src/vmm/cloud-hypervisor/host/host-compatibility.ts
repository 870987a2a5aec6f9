import { z } from 'zod';
import { compareHosts } from '../../machine/freeze/compare-hosts.ts';
import type { HostNeeds } from '../../machine/freeze/compare-hosts.ts';
import { hostCpu } from '../../../platform/host-cpu.ts';
import type { CloudHypervisorProgram } from './find-cloud-hypervisor.ts';

/** What a memory image of Cloud Hypervisor needs of its host. A record for a snapshot's manifest. */
export interface HostCompatibility extends HostNeeds {
  cloud_hypervisor: string;
}

export const HostCompatibilitySchema: z.ZodType<HostCompatibility> = z.strictObject({
  architecture: z.string(),
  page_size: z.int().positive(),
  cloud_hypervisor: z.string(),
  cpu_model: z.string(),
  cpu_flags: z.array(z.string()),
});

export async function hostCompatibility({ version }: CloudHypervisorProgram): Promise<HostCompatibility> {
  const { model, flags, pageSize } = await hostCpu();
  return {
    architecture: process.arch,
    page_size: pageSize,
    cloud_hypervisor: version.text,
    cpu_model: model,
    cpu_flags: flags,
  };
}

/**
 * @returns one sentence for each difference that keeps a memory image of `needed` from running here; none when it may. Whether
 *   its time stamp counter can be had here the VMM finds out.
 */
export function hostDifferences(needed: HostCompatibility, here: HostCompatibility): string[] {
  return compareHosts(needed, here, { cloud_hypervisor: 'Cloud Hypervisor' });
}
