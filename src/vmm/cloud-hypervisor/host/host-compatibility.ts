import { z } from 'zod';
import { hostCpu } from '../../../platform/host-cpu.ts';
import type { CloudHypervisorProgram } from './find-cloud-hypervisor.ts';

/** What a memory image of Cloud Hypervisor needs of its host. A record for a snapshot's manifest. */
export interface HostCompatibility {
  architecture: string;
  /** Bytes. */
  page_size: number;
  cloud_hypervisor: string;
  cpu_model: string;
  /** Sorted. */
  cpu_flags: string[];
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
  const differences: string[] = [];
  const compare = (what: string, then: unknown, now: unknown): void => {
    if (then !== now) differences.push(`${what} ${String(now)} instead of ${String(then)}`);
  };
  compare('architecture', needed.architecture, here.architecture);
  compare('page size', needed.page_size, here.page_size);
  compare('Cloud Hypervisor', needed.cloud_hypervisor, here.cloud_hypervisor);
  compare('CPU model', needed.cpu_model, here.cpu_model);
  const missing = needed.cpu_flags.filter((flag) => !here.cpu_flags.includes(flag));
  const extra = here.cpu_flags.filter((flag) => !needed.cpu_flags.includes(flag));
  if (missing.length > 0) differences.push(`CPU without ${missing.join(', ')}`);
  if (extra.length > 0) differences.push(`CPU that also has ${extra.join(', ')}`);
  return differences;
}
