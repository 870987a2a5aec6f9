import { release } from 'node:os';
import { z } from 'zod';
import { hostCpu } from '../../../platform/host-cpu.ts';
import type { FirecrackerProgram } from './find-firecracker.ts';

/** What a memory image of Firecracker needs of its host. A record for a snapshot's manifest. */
export interface HostCompatibility {
  architecture: string;
  /** Bytes. */
  page_size: number;
  firecracker: string;
  /** Its first two numbers: what KVM keeps of a guest changes with it. */
  kernel: string;
  cpu_model: string;
  /** Sorted. */
  cpu_flags: string[];
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
  const differences: string[] = [];
  const compare = (what: string, then: unknown, now: unknown): void => {
    if (then !== now) differences.push(`${what} ${String(now)} instead of ${String(then)}`);
  };
  compare('architecture', needed.architecture, here.architecture);
  compare('page size', needed.page_size, here.page_size);
  compare('Firecracker', needed.firecracker, here.firecracker);
  compare('kernel', needed.kernel, here.kernel);
  compare('CPU model', needed.cpu_model, here.cpu_model);
  const missing = needed.cpu_flags.filter((flag) => !here.cpu_flags.includes(flag));
  const extra = here.cpu_flags.filter((flag) => !needed.cpu_flags.includes(flag));
  if (missing.length > 0) differences.push(`CPU without ${missing.join(', ')}`);
  if (extra.length > 0) differences.push(`CPU that also has ${extra.join(', ')}`);
  return differences;
}
