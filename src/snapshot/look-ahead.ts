import type { WorkspaceView } from './commit-view.ts';
import type { ConsumeOptions } from './consumption.ts';
import type { GraphEngine } from './engine.ts';
import type { MachineAhead } from './machine-ahead.ts';
import type { BundlePlace } from './store-scan.ts';

export interface LookAhead {
  options: Pick<ConsumeOptions, 'cheapestTier'>;
  engine: GraphEngine;
  view: WorkspaceView;
  ahead: MachineAhead;
  bundles: readonly BundlePlace[];
  /** Full SHA. */
  target: string;
  /** Full SHA. */
  wantedBase: string | undefined;
}

/**
 * Starts, before the fingerprint of the target is known, what an answer will most likely need: the list of changes, and
 * the machine of the bundle. A guess that is wrong costs what was started.
 */
export async function lookAhead(input: LookAhead): Promise<void> {
  const { options, engine, view, ahead, target } = input;
  if (options.cheapestTier !== 'graph' && options.cheapestTier !== 'partial') return;
  const place = await guessBundle(input);
  if (place === undefined) return;
  const { changes, outside } = await view.changes(place.base, target);
  if (outside) return;
  if (options.cheapestTier === 'partial' || engine.likelyNeedsRun(changes)) await ahead.start(place, target);
}

/** @returns the bundle of the nearest ancestor, if that has but one */
async function guessBundle({
  view,
  bundles,
  target,
  wantedBase,
}: LookAhead): Promise<BundlePlace | undefined> {
  const bases = [...new Set(bundles.map(({ base }) => base))];
  const base = wantedBase ?? (bases.length === 1 ? bases[0] : (await view.nearest(target, bases)).nearest);
  const places = bundles.filter((place) => place.base === base);
  return places.length === 1 ? places[0] : undefined;
}
