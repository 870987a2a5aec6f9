import { lstat, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import pLimit from 'p-limit';
import { STORE_NAMES } from '../core/names.ts';
import type { FoundSnapshot } from './find-snapshots.ts';
import { checkBundle } from './check-bundle.ts';
import type { BundleState } from './check-bundle.ts';
import { scanStore } from './store-scan.ts';
import { readQuarantineReport } from './quarantine-report.ts';
import type { KnownReport } from './quarantine-report.ts';
import type { BundlePlace, QuarantinedPlace } from './store-scan.ts';

/** One bundle, with what its manifest says if that can be trusted. */
export interface ListedBundle {
  place: BundlePlace;
  state: BundleState;
  /** Bytes on the disk as the manifest lists them; null for a damaged bundle. */
  size: number | null;
}

/** A bundle whose answer was wrong. */
export interface ListedQuarantine {
  place: QuarantinedPlace;
  /** Undefined when there is none, or it cannot be read. */
  report: KnownReport | undefined;
}

export interface SnapshotList {
  bundles: ListedBundle[];
  quarantined: ListedQuarantine[];
  /** Paths, relative to the store, of records that are at work or died. */
  unfinished: string[];
  /** Paths, relative to the store, that dewar did not write. */
  foreign: string[];
}

/**
 * @param depth `sizes`: manifests, names and sizes; `digests`: every byte
 * @throws DewarError STORE_UNREADABLE
 */
export async function listSnapshots(
  store: string,
  depth: 'sizes' | 'everything' = 'sizes',
): Promise<SnapshotList> {
  const scan = await scanStore(store);
  const root = scan.temporary.length === 0 ? store : await realpath(store);
  return {
    ...(await listFound([...scan.bundles, ...scan.quarantined], depth)),
    unfinished: scan.temporary.map((place) => relative(root, place.directory)),
    foreign: scan.foreign,
  };
}

/** `listSnapshots` for some bundles. */
export async function listFound(
  found: readonly FoundSnapshot[],
  depth: 'sizes' | 'everything',
): Promise<Pick<SnapshotList, 'bundles' | 'quarantined'>> {
  const limit = pLimit(8);
  const live = found.filter(({ mark }) => mark === undefined);
  const bundles = await Promise.all(live.map((place) => limit(() => listBundle(place, depth))));
  const aside = found.flatMap((place) => (place.mark === undefined ? [] : [{ ...place, mark: place.mark }]));
  const quarantined = await Promise.all(
    aside.map(async (place) => ({ place, report: await readQuarantineReport(place) })),
  );
  return { bundles, quarantined };
}

async function listBundle(place: BundlePlace, depth: 'sizes' | 'everything'): Promise<ListedBundle> {
  const state = await checkBundle(place, depth);
  if (!state.complete) return { place, state, size: null };
  const manifest = await lstat(join(place.directory, STORE_NAMES.manifest)).catch(() => undefined);
  const files = Object.values(state.manifest.files).reduce((sum, file) => sum + file.size, 0);
  return { place, state, size: files + (manifest?.size ?? 0) };
}
