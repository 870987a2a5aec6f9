import type { CacheEntry, CacheListing, EntryType } from './cache-listing.ts';

/** What the guest has of a cache: by path, with one character a byte. */
export type GuestTree = ReadonlyMap<string, { type: EntryType | 'other'; size: number; mtime: number }>;

export interface Transfer {
  /** A directory before what it has. */
  send: CacheEntry[];
  /** Files and links among them. */
  files: number;
  /** Of their contents. */
  bytes: number;
  /** What they take of a disk, about: bytes, with blocks and directories; and inodes. */
  space: { bytes: number; inodes: number };
}

const BLOCK = 4096;

/**
 * @param guest undefined when the guest has nothing there
 * @returns what the guest lacks: what is not there, and files of another size or time
 */
export function planTransfer({ entries }: CacheListing, guest: GuestTree | undefined): Transfer {
  const send: CacheEntry[] = [];
  let files = 0;
  let bytes = 0;
  let blocks = 0;
  for (const entry of entries) {
    const there = guest?.get(entry.path);
    if (there !== undefined && isSame(entry, there)) continue;
    send.push(entry);
    if (entry.type !== 'directory') files++;
    bytes += entry.size;
    blocks += entry.type === 'file' ? Math.ceil(entry.size / BLOCK) : entry.type === 'directory' ? 1 : 0;
  }
  return { send, files, bytes, space: { bytes: blocks * BLOCK, inodes: send.length } };
}

function isSame(
  { type, size, mtime }: CacheEntry,
  there: { type: EntryType | 'other'; size: number; mtime: number },
): boolean {
  if (type !== there.type) return false;
  // tar sets no time of links here that says anything, and a directory is what it has.
  return type === 'directory' || (type === 'file' && size === there.size && mtime === there.mtime);
}
