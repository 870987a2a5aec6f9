import type { Series } from '../measure/series.ts';

/** Answers for one commit; times are milliseconds, of whole processes. */
export interface CommitReport {
  kind: string;
  tier: string;
  reason: string;
  impacted: number;
  consume: Series;
  consume_peak_mib: number | undefined;
  /** On a fresh server: hashes of the target commit, then the difference to base hashes that were already there. */
  cold: Series;
  /** Whether the answer of every round is the cold one, byte for byte. */
  equal: boolean;
}
