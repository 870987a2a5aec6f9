import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { QemuHost } from './qemu-host.ts';

/** What a memory image needs of its host. A record for a snapshot's manifest. */
export interface HostCompatibility {
  architecture: string;
  /** Bytes. */
  page_size: number;
  qemu: string;
  accelerator: 'kvm' | 'tcg';
  machine: string;
  cpu_model: string;
  /** Sorted. */
  cpu_flags: string[];
  tsc_kilohertz: number;
}

export const HostCompatibilitySchema: z.ZodType<HostCompatibility> = z.strictObject({
  architecture: z.string(),
  page_size: z.int().positive(),
  qemu: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  machine: z.string(),
  cpu_model: z.string(),
  cpu_flags: z.array(z.string()),
  tsc_kilohertz: z.int().positive(),
});

/** A guest that is told a rate that is wrong by more than this has a clock that drifts by seconds an hour. */
const TSC_TOLERANCE = 0.001;

/** @param machine type of the machine, by its full name */
export async function hostCompatibility(host: QemuHost, machine: string): Promise<HostCompatibility> {
  const { cpu } = host;
  return {
    architecture: process.arch,
    page_size: await pageSize(),
    qemu: host.qemu.version.text,
    accelerator: host.accelerator,
    machine,
    cpu_model: cpu.hostModel === '' ? cpu.model : `${cpu.model} (${cpu.hostModel})`,
    cpu_flags: cpu.flags,
    tsc_kilohertz: host.tscKilohertz,
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
  compare('QEMU', needed.qemu, here.qemu);
  compare('accelerator', needed.accelerator, here.accelerator);
  compare('machine type', needed.machine, here.machine);
  compare('CPU model', needed.cpu_model, here.cpu_model);
  const missing = needed.cpu_flags.filter((flag) => !here.cpu_flags.includes(flag));
  const extra = here.cpu_flags.filter((flag) => !needed.cpu_flags.includes(flag));
  if (missing.length > 0) differences.push(`CPU without ${missing.join(', ')}`);
  if (extra.length > 0) differences.push(`CPU that also has ${extra.join(', ')}`);
  if (Math.abs(here.tsc_kilohertz / needed.tsc_kilohertz - 1) > TSC_TOLERANCE)
    compare('TSC rate in kHz', needed.tsc_kilohertz, here.tsc_kilohertz);
  return differences;
}

async function pageSize(): Promise<number> {
  const map = await readFile('/proc/self/smaps', 'latin1');
  return Number(/^KernelPageSize:\s+(\d+) kB$/m.exec(map)?.[1] ?? 4) * 1024;
}
