import type { VmmDriver } from '../vmm/driver.ts';
import type { EngineSettings } from './commit-view.ts';
import type { Tier } from './verify-report.ts';

export interface VerifyOptions extends EngineSettings {
  /** Undefined: a snapshot is recorded for this run. */
  store: string | undefined;
  /** Any revision. */
  base: string;
  target: string;
  /** The cold tier always runs: the others are compared with it. */
  tiers: readonly Tier[];
  /** For each warm tier. */
  deadlineMs: number;
  toolVersion: string;
}

export interface VerifyDrivers {
  driver: VmmDriver;
  /** For a snapshot that is recorded for this run: what it leaves warm is not that of any other. */
  temporary: VmmDriver;
}
