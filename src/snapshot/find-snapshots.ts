import { DewarError } from '../core/errors.ts';
import { shortSnapshotId } from '../core/names.ts';
import { scanStore } from './store-scan.ts';
import type { BundlePlace, QuarantinedPlace } from './store-scan.ts';

/** Shorter prefixes are refused: they name what nobody meant. */
const MIN_PREFIX = 4;

/** A bundle; one that has a mark is quarantined. */
export type FoundSnapshot = BundlePlace & Partial<Pick<QuarantinedPlace, 'mark'>>;

/**
 * @param id a prefix of a base commit or of a fingerprint, or `<fingerprint>/<base>` prefixes, as `snapshots ls` shows;
 *   `<fingerprint>/<base>/<mark>` for a quarantined bundle, which shorter ids name only where nothing else has them
 * @returns the bundles that it names: one or more
 * @throws DewarError NO_SUCH_SNAPSHOT, STORE_UNREADABLE
 */
export async function findSnapshots(store: string, id: string): Promise<FoundSnapshot[]> {
  const { bundles, quarantined } = await scanStore(store);
  const found = bundles.filter((place) => matches(place, id));
  if (found.length > 0) return found;
  const aside = quarantined.filter((place) => matches(place, id));
  if (aside.length > 0) return aside;
  throw new DewarError({
    code: 'NO_SUCH_SNAPSHOT',
    message: `${JSON.stringify(id)} names no snapshot in ${store}`,
    mend: `see dewar snapshots ls --store ${store}; give at least ${MIN_PREFIX} digits`,
  });
}

/**
 * `findSnapshots` for one bundle.
 * @throws DewarError NO_SUCH_SNAPSHOT, AMBIGUOUS_SNAPSHOT, STORE_UNREADABLE
 */
export async function findSnapshot(store: string, id: string): Promise<FoundSnapshot> {
  const found = await findSnapshots(store, id);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new DewarError({
    code: 'AMBIGUOUS_SNAPSHOT',
    message: `${JSON.stringify(id)} names ${found.length} snapshots in ${store}`,
    mend: `give one of ${found.map((place) => shortSnapshotId(place.fingerprint, place.base, place.mark)).join(', ')}`,
  });
}

function matches({ fingerprint, base, mark }: FoundSnapshot, id: string): boolean {
  const [first = '', second, third, ...more] = id.toLowerCase().split('/');
  if (more.length > 0 || first.length < MIN_PREFIX) return false;
  if (third !== undefined && (third.length < MIN_PREFIX || mark?.startsWith(third) !== true)) return false;
  if (second === undefined) return base.startsWith(first) || fingerprint.startsWith(first);
  return second.length >= MIN_PREFIX && fingerprint.startsWith(first) && base.startsWith(second);
}
