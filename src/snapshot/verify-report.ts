import type { Reason } from './reasons.ts';

export const TIERS = ['graph', 'partial', 'thawed', 'cold'] as const;
export type Tier = (typeof TIERS)[number];

/** What `dewar verify --json` writes. */
export interface VerifyReport {
  base_sha: string;
  target_sha: string;
  /** Of the target, as computed now. */
  fingerprint: string;
  driver: string;
  /** The snapshot that was checked; null when none can be used for this pair of commits. */
  snapshot: { directory: string; fingerprint: string; temporary: boolean } | null;
  /** False when a tier, or the base hashes of the snapshot, differ from the cold run. */
  agrees: boolean;
  tiers: TierReport[];
  /** Null without a snapshot of the base. */
  base_hashes: BaseHashesReport | null;
  quarantine: QuarantineOutcome | null;
}

export interface TierReport {
  tier: Tier;
  /** `reference`: the cold run, with which the others are compared; `failed`: tried, and gave no answer. */
  outcome: 'agrees' | 'disagrees' | 'not-applicable' | 'failed' | 'reference';
  /** Why there is no answer. */
  why?: string;
  reason?: Reason;
  /** Number of impacted targets; null without an answer. */
  impacted: number | null;
  /** Of the impacted targets and of the hashes of the target commit, as files. */
  set_sha256: string | null;
  hashes_sha256: string | null;
  phases_ms: Record<string, number>;
  /** All of it. */
  ms: number;
  differences?: AnswerDifferences;
}

export interface BaseHashesReport {
  agrees: boolean;
  sha256: string;
  cold_sha256: string;
  differences?: Differences;
}

/** Only what differs is there. */
export interface AnswerDifferences {
  set?: Differences;
  hashes?: Differences;
}

/** How a file differs from that of the cold run. */
export interface Differences {
  missing: Sample<string>;
  extra: Sample<string>;
  changed: Sample<{ label: string; cold: string; found: string }>;
  /** What differs when no target does. */
  other?: string;
}

/** The first few of many. */
export interface Sample<T> {
  total: number;
  first: T[];
}

/** What became of a snapshot that disagreed. */
export interface QuarantineOutcome {
  /** Where it is now; null when it could not be taken out of use, or was gone already. */
  directory: string | null;
  /** Why it could not. */
  why?: string;
}

/** What `consume --verify-sample` adds to its report. */
export interface Verification {
  /** Why nothing could be compared. */
  why?: string;
  /** What the snapshot answered. */
  answer?: TierReport;
  cold?: TierReport;
  base_hashes?: BaseHashesReport;
  quarantine?: QuarantineOutcome;
}
