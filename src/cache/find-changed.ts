import { lstatSync } from 'node:fs';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { bytesOfPath } from '../platform/bytes-of-path.ts';
import type { CacheEntry } from './cache-entry.ts';

/** Between two looks at the signal. */
const SLICE_MS = 20;

/**
 * @param root absolute
 * @returns paths of files that are no longer those that were listed
 * @throws DewarError INTERRUPTED
 */
export async function findChanged(
  root: string,
  entries: Iterable<CacheEntry>,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const changed: string[] = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const entry of entries) {
    if (performance.now() > sliceEnd) {
      await yieldToOthers();
      signal?.throwIfAborted();
      sliceEnd = performance.now() + SLICE_MS;
    }
    if (hasChanged(root, entry)) changed.push(entry.path);
  }
  return changed;
}

function hasChanged(root: string, { path, size, identity }: CacheEntry): boolean {
  if (identity === undefined) return false;
  try {
    const now = lstatSync(bytesOfPath(root, path));
    return now.ino !== identity.inode || now.ctimeMs !== identity.ctime || now.size !== size;
  } catch {
    return true;
  }
}
