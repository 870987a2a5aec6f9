import type { EntryTable } from './entry-table.ts';

/** What a cache has. */
export interface CacheListing {
  entries: EntryTable;
  skipped: Skipped;
}

/** Why entries were left out, and how many of each; directories count once. */
export interface Skipped {
  /** By the cache's `exclude`. */
  excluded: number;
  /** Files with a name or a URL with which tools log in. */
  secrets: number;
  /** Links that lead out of the cache. */
  links: number;
  /** Devices, sockets, pipes. */
  special: number;
  /** What this host's user may not read. */
  unreadable: number;
  /** What changed or vanished while it was read. */
  changed: number;
}

export function noneSkipped(): Skipped {
  return { excluded: 0, secrets: 0, links: 0, special: 0, unreadable: 0, changed: 0 };
}
