import type { ProcessMemory } from '../measure/process-memory.ts';
import { series } from '../measure/series.ts';
import type { MachineSizeReport, MachinesReport } from './machines-report.ts';

/** Made-up figures of machines, for the tests of what draws and judges reports. */
export function sampleMachines(): MachinesReport {
  return {
    program: '10.0.2',
    accelerator: 'tcg',
    why_no_kvm: 'a test program hung',
    sizes: [sampleSize(1024, 2_000), sampleSize(8192, 2_100)],
    not_measured: [{ memory_mib: 16_384, why: 'too large' }],
    project: {
      targets: 102,
      memory_mib: 2048,
      record: series([200_000]),
      record_phases_ms: { query: 150_000 },
      commits: [
        {
          kind: 'build',
          tier: 'thawed',
          reason: 'warm-server',
          impacted: 7,
          consume: series([30_000]),
          cold: series([120_000]),
          equal: true,
          phases_ms: { restore: 3_000, query: 9_000 },
          cold_phases_ms: { query: 100_000 },
        },
      ],
    },
  };
}

function sampleSize(memory_mib: number, restore: number): MachineSizeReport {
  return {
    memory_mib,
    filled_mib: memory_mib / 2,
    memory_file_mib: memory_mib / 2 + 70,
    freeze_ms: memory_mib,
    first_check_ms: { here: 20, elsewhere: memory_mib },
    check: series([9, 10, 11]),
    restore: series([restore, restore + 50, restore - 50]),
    loaded: series([restore / 4]),
    connected: series([restore / 2]),
    restore_cpu: series([1_100]),
    boot_cpu: series([7_100]),
    boot: series([4 * restore]),
    clones: {
      answered: [sampleMemory(80, 100), sampleMemory(82, 100)],
      read_all: [sampleMemory(90, memory_mib / 2), sampleMemory(91, memory_mib / 2)],
    },
  };
}

function sampleMemory(own: number, shared: number): ProcessMemory {
  return {
    private_mib: own,
    private_of_file_mib: own - 60,
    shared_mib: shared,
    resident_mib: own + shared,
  };
}
