import type { CacheEntry, EntryType } from './cache-entry.ts';
import type { CacheListing } from './cache-listing.ts';
import { EntryTable } from './entry-table.ts';

/** What the guest has of a cache: by path, with one character a byte. */
export type GuestTree = ReadonlyMap<string, { type: EntryType | 'other'; size: number; mtime: number }>;

export interface Transfer {
  /** A directory before what it has. */
  send: EntryTable;
  /** What they take of a disk, about: bytes, with blocks and directories; and inodes. */
  space: { bytes: number; inodes: number };
}

const BLOCK = 4096;

/**
 * @param guest undefined when the guest has nothing there
 * @returns what the guest lacks: what is not there, and files of another size or time
 */
export function planTransfer({ entries }: CacheListing, guest: GuestTree | undefined): Transfer {
  const send = guest === undefined ? entries : new EntryTable(lacking(entries, guest));
  let blocks = 0;
  for (const { type, size } of send)
    blocks += type === 'file' ? Math.ceil(size / BLOCK) : type === 'directory' ? 1 : 0;
  return { send, space: { bytes: blocks * BLOCK, inodes: send.length } };
}

function* lacking(entries: EntryTable, guest: GuestTree): Generator<CacheEntry> {
  for (const entry of entries) {
    const there = guest.get(entry.path);
    if (there === undefined || !isSame(entry, there)) yield entry;
  }
}

function isSame(
  { type, size, mtime }: CacheEntry,
  there: { type: EntryType | 'other'; size: number; mtime: number },
): boolean {
  if (type !== there.type) return false;
  // tar sets no time of links here that says anything, and a directory is what it has.
  return type === 'directory' || (type === 'file' && size === there.size && mtime === there.mtime);
}
