import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { posix } from 'node:path';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { DewarError } from '../core/errors.ts';
import { bytesOfPath } from '../platform/bytes-of-path.ts';
import { errnoOf, isAbsent } from '../platform/errno.ts';
import type { CacheEntry } from './cache-entry.ts';
import { noneSkipped } from './cache-listing.ts';
import type { CacheListing } from './cache-listing.ts';
import { EntryTable } from './entry-table.ts';
import { hasSecretUrl, isSecretName } from './is-secret.ts';
import { matchPaths } from './match-paths.ts';

export interface ListOptions {
  exclude?: readonly string[];
  unpacked?: readonly string[];
  signal?: AbortSignal | undefined;
  onProgress?: (entries: number) => void;
}

/** Between two looks at the signal. */
const SLICE_MS = 20;
/** Its listing would not fit into memory. */
const MOST_ENTRIES = 5_000_000;

/**
 * Lists what of a cache is to be sent, a directory before what it has, always in the same order. Nothing is followed: a link is a link.
 * @param root absolute
 * @returns undefined when there is no such directory
 * @throws DewarError CACHE_UNREADABLE, CACHE_TOO_LARGE, INTERRUPTED
 */
export async function listCache(root: string, options: ListOptions = {}): Promise<CacheListing | undefined> {
  const isExcluded = matchPaths(options.exclude ?? []);
  const isUnpacked = matchPaths(options.unpacked ?? []);
  const entries = new EntryTable();
  const skipped = noneSkipped();
  const pending: string[] = [''];
  let sliceEnd = performance.now() + SLICE_MS;
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const children = childrenOf(root, directory);
    if (directory === '' && typeof children === 'string') {
      if (children === 'absent') return undefined;
      throw unreadable(root);
    }
    if (typeof children === 'string') {
      skipped[children === 'absent' ? 'changed' : 'unreadable']++;
      continue;
    }
    for (const child of children) {
      const name = child.name.toString('latin1');
      const path = directory === '' ? name : `${directory}/${name}`;
      if (performance.now() > sliceEnd) {
        await yieldToOthers();
        options.signal?.throwIfAborted();
        options.onProgress?.(entries.length);
        sliceEnd = performance.now() + SLICE_MS;
      }
      if (isExcluded(path)) skipped.excluded++;
      else {
        const entry = look(root, path, name, isUnpacked);
        if (typeof entry === 'string') skipped[entry]++;
        else {
          entries.add(entry);
          if (entry.type === 'directory') pending.push(path);
        }
      }
    }
    if (entries.length > MOST_ENTRIES) throw tooLarge(root);
  }
  return { entries, skipped };
}

type Reason = 'secrets' | 'links' | 'special' | 'unreadable' | 'changed';

function look(
  root: string,
  path: string,
  name: string,
  isUnpacked: (path: string) => boolean,
): CacheEntry | Reason {
  const absolute = bytesOfPath(root, path);
  try {
    const stats = lstatSync(absolute);
    const mtime = Math.floor(stats.mtimeMs / 1000);
    if (stats.isDirectory()) return { path, type: 'directory', size: 0, mtime };
    if (stats.isSymbolicLink()) {
      const link = readlinkSync(absolute, { encoding: 'buffer' }).toString('latin1');
      return leaves(path, link) ? 'links' : { path, type: 'link', size: 0, mtime, link };
    }
    if (!stats.isFile()) return 'special';
    if (!isUnpacked(path) && (isSecretName(name) || hasSecretUrl(absolute, stats.size))) return 'secrets';
    const { size, ino: inode, ctimeMs: ctime } = stats;
    return { path, type: 'file', size, mtime, identity: { inode, ctime } };
  } catch (error) {
    return reasonOf(error);
  }
}

function childrenOf(root: string, directory: string): Dirent<Buffer>[] | 'absent' | 'unreadable' {
  try {
    const found = readdirSync(bytesOfPath(root, directory), { encoding: 'buffer', withFileTypes: true });
    return found.toSorted((a, b) => a.name.compare(b.name));
  } catch (error) {
    return reasonOf(error) === 'changed' ? 'absent' : 'unreadable';
  }
}

function reasonOf(error: unknown): 'changed' | 'unreadable' {
  if (errnoOf(error) === undefined) throw error;
  return isAbsent(error) ? 'changed' : 'unreadable';
}

/** Links are judged by what they say, as in the guest nothing else of this host will be there. */
function leaves(path: string, link: string): boolean {
  if (link.startsWith('/')) return true;
  const target = posix.normalize(posix.join(posix.dirname(path), link));
  return target === '..' || target.startsWith('../');
}

function unreadable(root: string): DewarError {
  return new DewarError({
    code: 'CACHE_UNREADABLE',
    message: `the cache ${root} cannot be read`,
    mend: 'look whose it is: ls -ld of it; or leave it out with --only',
  });
}

function tooLarge(root: string): DewarError {
  return new DewarError({
    code: 'CACHE_TOO_LARGE',
    message: `the cache ${root} has more than ${MOST_ENTRIES.toLocaleString('en-US')} entries`,
    mend: 'have its tool clean it up, or leave it out with --only',
  });
}
