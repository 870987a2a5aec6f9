import type { ProcessMemory } from '../measure/process-memory.ts';
import type { Series } from '../measure/series.ts';
import type { CommitReport } from './commit-report.ts';

/** What was measured of machines, as JSON. Times are milliseconds. */
export interface MachinesReport {
  /** QEMU's version. */
  program: string;
  accelerator: 'kvm' | 'tcg';
  why_no_kvm: string | null;
  /** Smallest first. */
  sizes: readonly MachineSizeReport[];
  not_measured: readonly UnmeasuredSize[];
  project: GuestProjectReport | Unmeasured;
}

export interface Unmeasured {
  why: string;
}

export interface UnmeasuredSize extends Unmeasured {
  memory_mib: number;
}

/** Guests of one size, with one CPU. */
export interface MachineSizeReport {
  memory_mib: number;
  /** So much random data was in the memory that was frozen. */
  filled_mib: number;
  /** What the memory file takes on the disk. */
  memory_file_mib: number;
  freeze_ms: number;
  /** Before QEMU was started, at the first restore here, and at the first one on a host that did not freeze it. */
  first_check_ms: { here: number; elsewhere: number };
  /** The same at each later one. */
  check: Series;
  /** Start of QEMU to the end of the first program, run by ssh; the clone has its own clock, random numbers and names by then. */
  restore: Series;
  /** Of `restore`: until the state was loaded, and until ssh was connected. */
  loaded: Series;
  connected: Series;
  /** CPU time of QEMU at the end of `restore` and of `boot`, which neighbours on a busy host change little. */
  restore_cpu: Series;
  boot_cpu: Series;
  /** A new machine, from the start of QEMU to the same answer; in turn with `restore`. */
  boot: Series;
  clones: CloneMemory;
}

/** Two clones of one snapshot at the same time. */
export interface CloneMemory {
  /** When both had answered. */
  answered: readonly ProcessMemory[];
  /** When both had read all that the memory was filled with. */
  read_all: readonly ProcessMemory[];
}

/** Real Bazel in guests, by `record` and `consume` with `--driver qemu` as whole processes. */
export interface GuestProjectReport {
  targets: number;
  memory_mib: number;
  record: Series;
  /** Of `record`, by phase. */
  record_phases_ms: Readonly<Record<string, number>>;
  /** `cold`: a fresh machine, with the base hashes at hand. */
  commits: readonly GuestCommitReport[];
}

export interface GuestCommitReport extends Omit<CommitReport, 'consume_peak_mib'> {
  phases_ms: Readonly<Record<string, number>>;
  cold_phases_ms: Readonly<Record<string, number>>;
}
