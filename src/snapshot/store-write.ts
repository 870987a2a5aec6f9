import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rename, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundleLockName, quarantinedName, STORE_NAMES, temporaryName } from '../core/names.ts';
import type { BundleFile } from '../core/names.ts';
import { copyDurably, syncDirectory, writeDurably } from '../platform/durable-files.ts';
import type { FileDigest } from '../platform/durable-files.ts';
import { errnoOf } from '../platform/errno.ts';
import { acquireLock, tryAcquireLock } from '../platform/file-lock.ts';
import type { FileLock, WaitOptions } from '../platform/file-lock.ts';
import { removeTree } from '../platform/remove-tree.ts';
import { replaceDirectory } from '../platform/replace-directory.ts';
import { formatManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { storeWriteError } from './store-errors.ts';
import { scanStore } from './store-scan.ts';
import type { BundlePlace } from './store-scan.ts';

/** The right to write one bundle, held by this process alone. */
export interface BundleWriter extends AsyncDisposable {
  readonly place: BundlePlace;
  /** @returns a directory for files that `seal` is to keep without a copy; it is removed if that does not come about */
  stage(): Promise<string>;
  /** Writes, checks on the disk and puts into place a whole bundle, or nothing. */
  seal(files: BundleSources, manifestOf: (files: Manifest['files']) => Manifest): Promise<void>;
  /** Removes the bundle that is there, or one that is quarantined, if any. */
  remove(directory?: string): Promise<void>;
  /** Takes the bundle out of use, in one step. @returns where it is now */
  setAside(): Promise<string>;
}

/** Where each file's content comes from: a path to copy, text, or a file of that name which is staged already. */
export type BundleSources = Partial<Record<BundleFile, BundleSource>>;
export type BundleSource = { path: string } | { text: string } | { staged: FileDigest };

/**
 * Makes the store if it is absent, waits for the lock of one bundle, and removes what dead writers of it left.
 * @throws DewarError STORE_NOT_WRITABLE, STORE_FULL, LOCK_HELD, INTERRUPTED
 */
export async function openBundleWriter(
  store: string,
  fingerprint: string,
  base: string,
  wait: WaitOptions,
): Promise<BundleWriter> {
  return asStoreErrors(store, async () => {
    await mkdir(store, { recursive: true });
    const root = await realpath(store);
    const parent = join(root, fingerprint);
    const lock = await acquireLock(lockPath(root, fingerprint, base), wait);
    const place = { fingerprint, base, directory: join(parent, base) };
    let staging: string | undefined;
    const stage = async (): Promise<string> => {
      staging ??= join(parent, temporaryName(base, random()));
      await mkdir(staging, { recursive: true });
      return staging;
    };
    const finish = async (): Promise<void> => {
      if (staging !== undefined) await removeTree(staging);
      await lock.release({ remove: true });
      await rmdir(parent).catch(ignore('ENOTEMPTY', 'ENOENT', 'EROFS'));
    };
    try {
      await mkdir(parent, { recursive: true });
      await sweepTemporary(root, lock);
    } catch (error) {
      await finish();
      throw error;
    }
    return {
      place,
      stage: () => asStoreErrors(store, stage),
      seal: (files, manifestOf) =>
        asStoreErrors(store, async () => seal(await stage(), place, files, manifestOf)),
      remove: (directory = place.directory) =>
        asStoreErrors(store, () => removeBundle(parent, { ...place, directory })),
      setAside: () => asStoreErrors(store, () => setAside(parent, place)),
      [Symbol.asyncDispose]: finish,
    };
  });
}

async function seal(
  temporary: string,
  place: BundlePlace,
  sources: BundleSources,
  manifestOf: (files: Manifest['files']) => Manifest,
): Promise<void> {
  const parent = dirname(place.directory);
  try {
    const files: Manifest['files'] = {};
    for (const [name, source] of Object.entries(sources))
      files[name as BundleFile] = await writeSource(source, join(temporary, name));
    await writeDurably(join(temporary, STORE_NAMES.manifest), formatManifest(manifestOf(files)));
    await syncDirectory(temporary);
    await replaceDirectory(temporary, place.directory, join(parent, temporaryName(place.base, random())));
    await syncDirectory(parent);
    await syncDirectory(dirname(parent));
  } finally {
    // After a swap this is the bundle that was there before.
    await removeTree(temporary);
  }
}

async function writeSource(source: BundleSource, to: string): Promise<FileDigest> {
  if ('staged' in source) return source.staged;
  return 'path' in source ? copyDurably(source.path, to) : writeDurably(to, source.text);
}

async function removeBundle(parent: string, place: BundlePlace): Promise<void> {
  const temporary = join(parent, temporaryName(place.base, random()));
  // One step: a reader sees the whole bundle or none.
  await rename(place.directory, temporary).catch(ignore('ENOENT'));
  await syncDirectory(parent);
  await removeTree(temporary);
}

async function setAside(parent: string, place: BundlePlace): Promise<string> {
  const directory = join(parent, quarantinedName(place.base, random()));
  await rename(place.directory, directory);
  await syncDirectory(parent);
  return directory;
}

/** Removes the temporary directories whose writer is dead; `mine` is the lock that this process holds. */
async function sweepTemporary(root: string, mine: FileLock): Promise<void> {
  for (const left of (await scanStore(root)).temporary) {
    const path = lockPath(root, left.fingerprint, left.base);
    const lock = path === mine.path ? mine : await tryAcquireLock(path);
    if (lock === undefined) continue;
    await removeTree(left.directory);
    if (lock !== mine) await lock.release({ remove: true });
  }
}

function lockPath(root: string, fingerprint: string, base: string): string {
  return join(root, STORE_NAMES.locks, bundleLockName(fingerprint, base));
}

async function asStoreErrors<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeWriteError(store, error);
  }
}

function ignore(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(errnoOf(error) ?? '')) throw error;
  };
}

function random(): string {
  return randomBytes(6).toString('hex');
}
