import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import {
  baseOfTemporary,
  COMMIT_PATTERN,
  FINGERPRINT_PATTERN,
  partsOfQuarantined,
  STORE_NAMES,
} from '../core/names.ts';
import { errnoOf, isAbsent } from '../platform/errno.ts';
import { storeReadError } from './store-errors.ts';

/** What the names in a store say; nothing was opened yet. */
export interface StoreScan {
  bundles: BundlePlace[];
  /** Directories of records that are at work, or died. */
  temporary: BundlePlace[];
  /** Bundles whose answer was found wrong: evidence, never used. */
  quarantined: QuarantinedPlace[];
  /** Paths, relative to the store, that dewar did not write. */
  foreign: string[];
}

export interface BundlePlace {
  fingerprint: string;
  base: string;
  /** Absolute, links resolved. */
  directory: string;
}

export interface QuarantinedPlace extends BundlePlace {
  /** Tells several of one commit apart: 12 hex digits. */
  mark: string;
}

/**
 * Lists a store; one that is absent is empty.
 * @throws DewarError STORE_UNREADABLE
 */
export async function scanStore(store: string): Promise<StoreScan> {
  const scan: StoreScan = { bundles: [], temporary: [], quarantined: [], foreign: [] };
  try {
    const root = await realpath(store);
    for (const entry of await sorted(root)) {
      if (entry.name === STORE_NAMES.locks && entry.isDirectory()) continue;
      if (!entry.isDirectory() || !FINGERPRINT_PATTERN.test(entry.name)) scan.foreign.push(entry.name);
      else await scanFingerprint(root, entry.name, scan);
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storeReadError(store, error);
  }
  return scan;
}

async function scanFingerprint(root: string, fingerprint: string, scan: StoreScan): Promise<void> {
  const parent = join(root, fingerprint);
  const entries = await sorted(parent).catch((error: unknown) => {
    // Removed since the store was listed.
    if (isAbsent(error)) return [];
    throw error;
  });
  for (const entry of entries) {
    const place = (base: string): BundlePlace => ({ fingerprint, base, directory: join(parent, entry.name) });
    const temporary = baseOfTemporary(entry.name);
    const quarantined = partsOfQuarantined(entry.name);
    if (!entry.isDirectory()) scan.foreign.push(join(fingerprint, entry.name));
    else if (COMMIT_PATTERN.test(entry.name)) scan.bundles.push(place(entry.name));
    else if (temporary !== undefined) scan.temporary.push(place(temporary));
    else if (quarantined !== undefined)
      scan.quarantined.push({ ...place(quarantined.base), mark: quarantined.mark });
    else scan.foreign.push(join(fingerprint, entry.name));
  }
}

async function sorted(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
