import type { Reason } from './reasons.ts';
import type { Verification } from './verify-report.ts';

/** What `consume --json` writes. */
export interface ConsumeReport {
  /** How the answer was got; null when there is none (`--fallback exit`). */
  tier: 'graph' | 'partial' | 'thawed' | 'cold' | null;
  reason: Reason;
  /** The reason in words, where there is more to say. */
  detail?: string;
  /** The commit that the target was compared with; null when there is no answer and no snapshot was near. */
  base_sha: string | null;
  target_sha: string;
  /** Of the target, as computed now. */
  fingerprint: string;
  /** Number of impacted targets; null when there is no answer. */
  impacted: number | null;
  /** Milliseconds of each phase that ran; those of a warm attempt that failed begin with `warm-`. */
  phases_ms: Record<string, number>;
  driver: string;
  /** Present, and true, when the graph has errors, so that targets may be missing. */
  partial?: true;
  /** With `--verify-sample`: whether the snapshot's answer was the cold one; null when it was not compared. */
  verified?: boolean | null;
  verification?: Verification;
}
