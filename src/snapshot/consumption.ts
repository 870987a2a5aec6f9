import type { VmmDriver } from '../vmm/driver.ts';
import type { EngineSettings, RunContext, WorkspaceView } from './commit-view.ts';
import type { Fingerprint, GraphEngine } from './engine.ts';
import type { MachineAhead } from './machine-ahead.ts';
import type { Manifest } from './manifest.ts';
import type { Phases } from './phases.ts';
import type { Reason } from './reasons.ts';
import type { BundlePlace, QuarantinedPlace } from './store-scan.ts';

export interface ConsumeOptions extends EngineSettings {
  store: string;
  /** Any revision. */
  target: string;
  /** Compare with this commit, whatever the store has. */
  base: string | undefined;
  /** Where the impacted targets go. */
  out: string;
  /** Where the hashes of the target commit go; not wanted when absent. */
  hashesOut?: string | undefined;
  fallback: 'cold' | 'exit';
  /** Cheaper tiers are not tried. */
  cheapestTier: 'graph' | 'partial' | 'thawed' | 'cold';
  /** For all warm attempts together. */
  deadlineMs: number;
  /** Some warm answers are compared with a cold one; none when absent. */
  verify?: VerifySample | undefined;
}

export interface VerifySample {
  /** From 0 to 1. */
  probability: number;
  toolVersion: string;
}

/** What the two ways to answer share. */
export interface Consumption {
  options: ConsumeOptions;
  engine: GraphEngine;
  driver: VmmDriver;
  context: RunContext;
  view: WorkspaceView;
  phases: Phases;
  /** Full SHA. */
  target: string;
  fingerprint: Fingerprint;
  /** Full SHA of `options.base`. */
  wantedBase: string | undefined;
  bundles: readonly BundlePlace[];
  quarantined: readonly QuarantinedPlace[];
  /** Where machines are got ready early; absent: none is. */
  ahead?: MachineAhead | undefined;
}

export interface ChosenBundle {
  place: BundlePlace;
  manifest: Manifest;
}

/** Why there is no warm answer, and the bundle that came closest to one. */
export interface Miss {
  reason: Reason;
  detail?: string | undefined;
  /** The commit that the warm answer would have been relative to. */
  base?: string | undefined;
}

/** A miss found half-way. */
export class MissError extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}
