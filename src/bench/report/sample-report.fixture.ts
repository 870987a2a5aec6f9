import { series } from '../measure/series.ts';
import { sampleMachines } from './sample-machines.fixture.ts';
import type { BenchReport, SizeReport, TierReport } from './bench-report.ts';
import type { CommitReport } from './commit-report.ts';

/** A report with made-up figures, for the tests of what draws and judges reports. */
export function sampleReport(): BenchReport {
  return {
    format: 'dewar-bench-1',
    started_at: '2026-01-02T03:04:05.000Z',
    dewar: '0.1.0',
    machine: {
      cpu: 'Example CPU @ 3 GHz',
      cores: 2,
      memory_bytes: 16 * 2 ** 30,
      kernel: 'Linux 6.1 x64',
      node: 'v20.20.2',
      git: '2.39.5',
      bazel: '7.7.1',
    },
    rounds: 3,
    startup: { dewar_help: series([90, 80, 85]), node: series([50, 45, 48]) },
    sizes: [sampleSize(1_002, 1), sampleSize(15_002, 2), sampleSize(150_002, 5)],
    machines: sampleMachines(),
    equal: true,
  };
}

export function sampleSize(targets: number, scale: number): SizeReport {
  return {
    targets,
    spec: { packages: Math.floor(targets / 10), targetsPerPackage: 10, layers: 10, seed: 1 },
    bare_query: series([620 * scale, 600 * scale, 580 * scale]),
    generate_hashes: series([700 * scale, 690 * scale, 730 * scale]),
    generate_hashes_peak_mib: 90 * scale,
    cold_query: series([4_100 * scale]),
    cold_generate_hashes: series([4_300 * scale]),
    get_impacted_targets: series([300 * scale, 320 * scale, 290 * scale]),
    get_impacted_targets_peak_mib: 80 * scale,
    record: series([6_000 * scale]),
    commits: [
      sampleCommit('source', 'graph', 250, 5_000 * scale),
      sampleCommit('sources', 'graph', 260, 5_100 * scale),
      sampleCommit('build', 'partial', 310 * scale, 5_000 * scale),
      sampleCommit('bzl', 'thawed', 900 * scale, 5_000 * scale),
    ],
    tiers: {
      graph: sampleTier(260, 40),
      partial: sampleTier(310 * scale, 70),
      partial_cold_server: sampleTier(700 * scale, 70),
    },
  };
}

function sampleTier(ms: number, index: number): TierReport {
  return { consume: series([ms]), index: series([index]), peak_mib: 80, equal: true };
}

function sampleCommit(kind: string, tier: string, ms: number, cold: number): CommitReport {
  return {
    kind,
    tier,
    reason: 'ok',
    impacted: 42,
    consume: series([ms, ms * 1.1, ms * 0.95]),
    consume_peak_mib: 100,
    cold: series([cold]),
    equal: true,
  };
}
