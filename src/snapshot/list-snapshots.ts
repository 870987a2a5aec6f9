import { lstat, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import pLimit from 'p-limit';
import { STORE_NAMES } from '../core/names.ts';
import { checkBundle } from './check-bundle.ts';
import type { BundleState } from './check-bundle.ts';
import { scanStore } from './store-scan.ts';
import type { BundlePlace } from './store-scan.ts';

/** One bundle, with what its manifest says if that can be trusted. */
export interface ListedBundle {
  place: BundlePlace;
  state: BundleState;
  /** Bytes on the disk as the manifest lists them; null for a damaged bundle. */
  size: number | null;
}

export interface SnapshotList {
  bundles: ListedBundle[];
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
  depth: 'sizes' | 'digests' = 'sizes',
): Promise<SnapshotList> {
  const scan = await scanStore(store);
  const limit = pLimit(8);
  const bundles = await Promise.all(scan.bundles.map((place) => limit(() => listBundle(place, depth))));
  const root = scan.temporary.length === 0 ? store : await realpath(store);
  return {
    bundles,
    unfinished: scan.temporary.map((place) => relative(root, place.directory)),
    foreign: scan.foreign,
  };
}

export async function listBundle(place: BundlePlace, depth: 'sizes' | 'digests'): Promise<ListedBundle> {
  const state = await checkBundle(place, depth);
  if (!state.complete) return { place, state, size: null };
  const manifest = await lstat(join(place.directory, STORE_NAMES.manifest)).catch(() => undefined);
  const files = Object.values(state.manifest.files).reduce((sum, file) => sum + file.size, 0);
  return { place, state, size: files + (manifest?.size ?? 0) };
}
