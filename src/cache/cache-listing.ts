/** What a cache has. Paths are relative, with one character a byte: file names need not be text. */
export interface CacheListing {
  entries: CacheEntry[];
  skipped: Skipped;
}

export interface CacheEntry {
  path: string;
  type: EntryType;
  /** Bytes; 0 of what is no file. */
  size: number;
  /** Whole seconds since 1970. */
  mtime: number;
  /** Of a link, as it says. */
  link?: string;
  /** Of a file: which one it is, to see later whether it still is. */
  identity?: string;
}

export type EntryType = 'file' | 'directory' | 'link';

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
