import type { CacheEntry } from './cache-entry.ts';

const BLOCK = 512;
/** Longer ones get a head and blocks of their own. */
const LONGEST_NAME = 100;

/**
 * Reckons from what was listed how far a tar archive of it has come. Holes and hard links take less than their size: there it says too few.
 * @param entries in the archive's order
 * @returns how many files and links are whole in its first bytes; to be asked in rising order
 */
export function archivedFiles(entries: Iterable<CacheEntry>): (bytes: number) => number {
  const rest = entries[Symbol.iterator]();
  let next = rest.next();
  let end = 0;
  let files = 0;
  return (bytes) => {
    for (; next.done !== true; next = rest.next()) {
      const after = end + bytesOf(next.value);
      if (after > bytes) break;
      end = after;
      if (next.value.type !== 'directory') files++;
    }
    return files;
  };
}

/** In GNU's format. */
function bytesOf({ path, type, size, link = '' }: CacheEntry): number {
  const name = path.length + (type === 'directory' ? 1 : 0);
  return BLOCK + inBlocks(size) + longName(name) + longName(link.length);
}

function longName(length: number): number {
  return length > LONGEST_NAME ? BLOCK + inBlocks(length + 1) : 0;
}

function inBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}
