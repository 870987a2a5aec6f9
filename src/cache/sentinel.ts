import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CacheListing } from './cache-listing.ts';

/** What a guest's root disk has of a cache that came whole; written last. JSON, at `/var/lib/dewar/caches/<id>.json`. */
export interface Sentinel {
  version: 1;
  /** Of this host; absolute. */
  source: string;
  /** Of the guest; absolute. */
  target: string;
  /** ISO 8601. */
  streamed_at: string;
  /** Files and links, and their bytes, of the whole cache as it was then. */
  files: number;
  bytes: number;
  /** Hex; of `digestListing`. */
  listing: string;
}

/** Guests write what they like. */
const Schema: z.ZodType<Sentinel> = z.object({
  version: z.literal(1),
  source: z.string(),
  target: z.string(),
  streamed_at: z.iso.datetime(),
  files: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
  listing: z.string().regex(/^[0-9a-f]{64}$/),
});

/** @returns undefined for what is no sentinel */
export function parseSentinel(text: string): Sentinel | undefined {
  try {
    return Schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** @returns sha256, hex, over all entries in order: path, type, size, time, target */
export function digestListing({ entries }: CacheListing): string {
  const hash = createHash('sha256');
  for (const { path, type, size, mtime, link = '' } of entries)
    hash.update(`${[path, type, size, mtime, link].join('\0')}\0\0`, 'latin1');
  return hash.digest('hex');
}
