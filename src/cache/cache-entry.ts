/** One of a cache. */
export interface CacheEntry {
  /** Relative, with one character a byte: file names need not be text. */
  path: string;
  type: EntryType;
  /** Bytes; 0 of what is no file. */
  size: number;
  /** Whole seconds since 1970. */
  mtime: number;
  /** Of a link, as it says. */
  link?: string;
  /** Of a file: which one it is and when it changed (milliseconds since 1970), to see later whether it still is. */
  identity?: { inode: number; ctime: number };
}

export type EntryType = 'file' | 'directory' | 'link';
