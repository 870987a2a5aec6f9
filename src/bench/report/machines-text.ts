import { ratio } from '../measure/series.ts';
import type { ProcessMemory } from '../measure/process-memory.ts';
import { commitTable } from './commit-table.ts';
import type { GuestProjectReport, MachineSizeReport, MachinesReport, Unmeasured } from './machines-report.ts';
import { plainTable } from './plain-table.ts';
import { count, duration, quantity, times } from './units.ts';

/** What was measured of machines, for a terminal; or why nothing was. */
export function machinesText(machines: MachinesReport | Unmeasured): string {
  if ('why' in machines) return `machines: not measured: ${machines.why}`;
  const { sizes, not_measured, project } = machines;
  return [
    `machines in QEMU ${accelerated(machines)}, one CPU, half of their memory in use`,
    ...(sizes.length > 0 ? [sizeTable(sizes)] : []),
    ...not_measured.map(({ memory_mib, why }) => `${gib(memory_mib)}: not measured: ${why}`),
    '',
    ...('why' in project ? [`Bazel in a guest: not measured: ${project.why}`] : projectText(project)),
  ].join('\n');
}

/** @returns `7.2.22 (…), with KVM` or why not */
export function accelerated({
  program,
  accelerator,
  why_no_kvm: why,
}: Pick<MachinesReport, 'program' | 'accelerator' | 'why_no_kvm'>): string {
  if (accelerator === 'kvm') return `${program}, with KVM`;
  return `${program}, every instruction emulated (TCG${why === null ? '' : `; no KVM: ${why}`})`;
}

/** `8 GiB` */
export function gib(mebibytes: number): string {
  return `${mebibytes / 1024} GiB`;
}

function sizeTable(sizes: readonly MachineSizeReport[]): string {
  const table = plainTable(['median', ...sizes.map(({ memory_mib }) => gib(memory_mib))]);
  const row = (name: string, cell: (size: MachineSizeReport) => string): void => {
    table.push([name, ...sizes.map(cell)]);
  };
  row('restore: start of QEMU to the first program over ssh', ({ restore }) => duration(restore.median));
  row('  state loaded', ({ loaded }) => duration(loaded.median));
  row('  ssh connected', ({ connected }) => duration(connected.median));
  row('  CPU time of QEMU', ({ restore_cpu }) => duration(restore_cpu.median));
  row('full boot to the same', ({ boot }) => duration(boot.median));
  row('  CPU time of QEMU', ({ boot_cpu }) => duration(boot_cpu.median));
  row('  against the restore', ({ boot, restore }) => times(ratio(boot, restore)));
  row('checks before QEMU is started', ({ check }) => duration(check.median));
  row('  at the first restore', ({ first_check_ms }) => duration(first_check_ms.here));
  row('  at the first restore on another host', ({ first_check_ms }) => duration(first_check_ms.elsewhere));
  row('freezing', ({ freeze_ms }) => duration(freeze_ms));
  row('  memory file on the disk', ({ memory_file_mib }) => quantity(memory_file_mib, 'MiB'));
  for (const [when, of] of CLONES) {
    row(`two clones, ${when}: private to each`, ({ clones }) => each(clones[of], 'private_mib'));
    row('  of that, memory of the guest', ({ clones }) => each(clones[of], 'private_of_file_mib'));
    row('  shared', ({ clones }) => each(clones[of], 'shared_mib'));
  }
  return table.toString();
}

const CLONES = [
  ['having answered', 'answered'],
  ['having read all that is in use', 'read_all'],
] as const;

function each(clones: readonly ProcessMemory[], part: keyof ProcessMemory): string {
  return clones.map((clone) => quantity(clone[part], 'MiB')).join(', ');
}

function projectText({ targets, memory_mib, record, commits }: GuestProjectReport): string[] {
  return [
    `consume --driver qemu at ${count(targets)} targets, guests of ${gib(memory_mib)}: thawed against a fresh machine (record took ${duration(record.median)})`,
    commitTable(commits),
    ...commits.map(
      ({ kind, phases_ms, cold_phases_ms }) =>
        `${kind}: thawed ${phases(phases_ms)}; cold ${phases(cold_phases_ms)}`,
    ),
  ];
}

function phases(ms: Readonly<Record<string, number>>): string {
  return Object.entries(ms)
    .map(([name, value]) => `${name} ${duration(value)}`)
    .join(', ');
}
