import { z } from 'zod';
import { hostCpu } from '../../../platform/host-cpu.ts';
import { compareHosts } from '../../machine/freeze/compare-hosts.ts';
import type { HostNeeds } from '../../machine/freeze/compare-hosts.ts';
import type { QemuHost } from './qemu-host.ts';

/** What a memory image needs of its host. A record for a snapshot's manifest. */
export interface HostCompatibility extends HostNeeds {
  qemu: string;
  accelerator: 'kvm' | 'tcg';
  machine: string;
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
    page_size: (await hostCpu()).pageSize,
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
  const differences = compareHosts(needed, here, {
    qemu: 'QEMU',
    accelerator: 'accelerator',
    machine: 'machine type',
  });
  if (Math.abs(here.tsc_kilohertz / needed.tsc_kilohertz - 1) > TSC_TOLERANCE)
    differences.push(`TSC rate in kHz ${here.tsc_kilohertz} instead of ${needed.tsc_kilohertz}`);
  return differences;
}
