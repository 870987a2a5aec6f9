import { release } from 'node:os';
import { z } from 'zod';
import { compareHosts } from '../../machine/freeze/compare-hosts.ts';
import type { HostNeeds } from '../../machine/freeze/compare-hosts.ts';
import { hostCpu } from '../../../platform/host-cpu.ts';
import type { FirecrackerProgram } from './find-firecracker.ts';

/** What a memory image of Firecracker needs of its host. A record for a snapshot's manifest. */
export interface HostCompatibility extends HostNeeds {
  firecracker: string;
  /** Its first two numbers: what KVM keeps of a guest changes with it. */
  kernel: string;
}

export const HostCompatibilitySchema: z.ZodType<HostCompatibility> = z.strictObject({
  architecture: z.string(),
  page_size: z.int().positive(),
  firecracker: z.string(),
  kernel: z.string(),
  cpu_model: z.string(),
  cpu_flags: z.array(z.string()),
});

export async function hostCompatibility({
  version,
}: Pick<FirecrackerProgram, 'version'>): Promise<HostCompatibility> {
  const { model, flags, pageSize } = await hostCpu();
  return {
    architecture: process.arch,
    page_size: pageSize,
    firecracker: version.text,
    kernel: release().split('.').slice(0, 2).join('.'),
    cpu_model: model,
    cpu_flags: flags,
  };
}

/** @returns one sentence for each difference that keeps a memory image of `needed` from running here; none when it may */
export function hostDifferences(needed: HostCompatibility, here: HostCompatibility): string[] {
  return compareHosts(needed, here, { firecracker: 'Firecracker', kernel: 'kernel' });
}
