import pLimit from 'p-limit';
import { checkBundle, readFingerprint } from './check-bundle.ts';
import type { ChosenBundle, Consumption, Miss } from './consumption.ts';
import type { Fingerprint } from './engine.ts';
import { explainMismatch } from './explain-mismatch.ts';
import { fits, resolve } from './resolve.ts';
import type { Resolution, StoreEntry } from './resolve.ts';

/**
 * @param depth `sizes`: whoever uses a file of the bundle checks its bytes; `digests`: all of them match the manifest
 * @returns the nearest bundle that was not found to be damaged by this call or an earlier one
 */
export type ChooseBundle = (depth: 'sizes' | 'digests') => Promise<ChosenBundle | Miss>;

/** Warns of bundles that are damaged, each once. */
export function bundleChooser(consumption: Consumption): ChooseBundle {
  const { fingerprint, view, target, engine, driver, context, wantedBase, bundles } = consumption;
  const entries: StoreEntry[] = bundles.map((place) => ({ place, state: undefined }));
  const wanted = {
    fingerprint: fingerprint.digest,
    workspace: view.repository.prefix,
    engine: engine.name,
    driver: driver.name,
    base: wantedBase,
    entries,
  };
  return async (depth) => {
    for (let opened = false; ; opened = true) {
      const resolution = await resolve(wanted, (commits) => view.nearest(target, commits));
      if (resolution.found === undefined) return explain(resolution, fingerprint);
      const entry = resolution.found;
      const state = await checkBundle(entry.place, depth);
      if (fits(state, wanted)) return { place: entry.place, manifest: state.manifest };
      entry.state = state;
      if (!state.complete) {
        const message = `${entry.place.directory}: ${state.why}`;
        context.emit({ type: 'warning', code: 'SNAPSHOT_DAMAGED', message });
      }
      // The first is nearly always good; after a bad one it is cheaper to look at all than to ask git after each.
      if (!opened) await openCandidates(entries, fingerprint.digest);
    }
  };
}

async function openCandidates(entries: readonly StoreEntry[], fingerprint: string): Promise<void> {
  const limit = pLimit(16);
  const unopened = entries.filter(
    ({ place, state }) => place.fingerprint === fingerprint && state === undefined,
  );
  await Promise.all(
    unopened.map(async (entry) => {
      entry.state = await limit(() => checkBundle(entry.place, 'sizes'));
    }),
  );
}

async function explain(
  resolution: Extract<Resolution, { found: undefined }>,
  now: Fingerprint,
): Promise<Miss> {
  const { reason, nearest } = resolution;
  const miss = { reason, detail: resolution.detail, base: nearest?.base };
  if (reason !== 'fingerprint-mismatch' || nearest === undefined) return miss;
  const recorded = await readFingerprint(nearest);
  const detail =
    recorded === undefined
      ? `the components of ${nearest.directory} cannot be read`
      : explainMismatch(recorded, now) || 'the components are equal, the fingerprints are not';
  return { ...miss, detail };
}
