import type { ProjectSpec } from '../generate/project-spec.ts';
import type { Machine } from '../measure/machine.ts';
import type { Series } from '../measure/series.ts';
import type { CachesReport } from './caches-report.ts';
import type { CommitReport } from './commit-report.ts';
import type { MachinesReport, Unmeasured } from './machines-report.ts';
import type { WorkspacesReport } from './workspaces-report.ts';

/** What `dewar bench run` writes as JSON. Times are milliseconds, of whole processes. */
export interface BenchReport {
  format: 'dewar-bench-1';
  started_at: string;
  dewar: string;
  machine: Machine;
  /** Repeats of each warm measurement. */
  rounds: number;
  startup: { dewar_help: Series; node: Series };
  /** Empty where only machines were measured. */
  sizes: readonly SizeReport[];
  /** Absent where it was not asked for. */
  machines?: MachinesReport | Unmeasured;
  workspaces?: WorkspacesReport | Unmeasured;
  caches?: CachesReport | Unmeasured;
  /** False as soon as one answer differed from the cold one. */
  equal: boolean;
}

export interface SizeReport {
  targets: number;
  spec: ProjectSpec;
  /** `bazel query … > /dev/null` on the warm server. */
  bare_query: Series;
  /** `dewar bazel generate-hashes` on the same server, in turn with `bare_query`. */
  generate_hashes: Series;
  generate_hashes_peak_mib: number | undefined;
  /** The same two on a server that has just been started. */
  cold_query: Series;
  cold_generate_hashes: Series;
  get_impacted_targets: Series;
  get_impacted_targets_peak_mib: number | undefined;
  record: Series;
  commits: readonly CommitReport[];
  tiers: TierReports;
}

/** The tiers that need no whole graph. */
export interface TierReports {
  /** Ten changed source files. */
  graph: TierReport;
  /** One changed BUILD file, on the server kept from before. */
  partial: TierReport;
  /** The same with no server running. */
  partial_cold_server: TierReport;
}

export interface TierReport {
  consume: Series;
  /** Of that, reading and checking the graph index. */
  index: Series;
  peak_mib: number | undefined;
  /** Whether every answer is the cold one, byte for byte. */
  equal: boolean;
}
