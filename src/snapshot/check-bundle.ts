import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BUNDLE_FILES, MACHINE_FILES, STORE_NAMES } from '../core/names.ts';
import { errnoOf } from '../platform/errno.ts';
import { digestLike } from '../platform/digest-like.ts';
import { openRegular } from '../platform/durable-files.ts';
import { DewarError } from '../core/errors.ts';
import type { Fingerprint } from './engine.ts';
import { parseFingerprint, parseManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import type { BundlePlace } from './store-scan.ts';

/** A bundle whose files match its manifest, or what is wrong with it. */
export type BundleState = { complete: true; manifest: Manifest } | { complete: false; why: string };

type Depth = 'sizes' | 'digests' | 'everything';

/** A manifest is a few kilobytes; nothing larger is read into memory. */
const MANIFEST_LIMIT = 4 << 20;

/**
 * Checks a bundle.
 * @param depth `sizes`: the manifest, the names and the sizes; `digests`: every byte as well, but for those of a frozen
 *   machine; `everything`: those too
 */
export async function checkBundle(place: BundlePlace, depth: Depth): Promise<BundleState> {
  try {
    const manifest = await readManifest(place);
    await checkNames(place, manifest);
    for (const name of BUNDLE_FILES) await checkFile(place, manifest, name, depth);
    if (depth !== 'sizes') await checkFingerprint(place, manifest);
    return { complete: true, manifest };
  } catch (error) {
    if (error instanceof Damage) return { complete: false, why: error.message };
    if (error instanceof DewarError && error.code === 'NOT_A_REGULAR_FILE')
      return { complete: false, why: error.message };
    if (errnoOf(error) !== undefined) return { complete: false, why: (error as Error).message };
    throw error;
  }
}

/** @returns the components of a bundle's fingerprint, if its file can be trusted by itself; for explanations only */
export async function readFingerprint(place: BundlePlace): Promise<Fingerprint | undefined> {
  try {
    await using file = await openRegular(join(place.directory, STORE_NAMES.fingerprint));
    const parsed = parseFingerprint(await file.readFile('utf8'));
    return parsed?.digest === place.fingerprint ? parsed : undefined;
  } catch {
    return undefined;
  }
}

class Damage extends Error {}

async function readManifest(place: BundlePlace): Promise<Manifest> {
  const path = join(place.directory, STORE_NAMES.manifest);
  await using file = await openRegular(path).catch((error: unknown) => {
    throw errnoOf(error) === 'ENOENT' ? new Damage(`${STORE_NAMES.manifest} is missing`) : error;
  });
  if ((await file.stat()).size > MANIFEST_LIMIT) throw new Damage('manifest.json is too large to be one');
  const parsed = parseManifest(await file.readFile('utf8'));
  if ('why' in parsed) throw new Damage(parsed.why);
  const { manifest } = parsed;
  if (manifest.fingerprint !== place.fingerprint) throw new Damage('manifest.json is of another fingerprint');
  if (manifest.base_sha !== place.base) throw new Damage('manifest.json is of another commit');
  for (const name of [STORE_NAMES.baseHashes, STORE_NAMES.fingerprint])
    if (manifest.files[name] === undefined) throw new Damage(`manifest.json does not list ${name}`);
  return manifest;
}

async function checkNames(place: BundlePlace, manifest: Manifest): Promise<void> {
  const listed = new Set([STORE_NAMES.manifest as string, ...Object.keys(manifest.files)]);
  for (const name of await readdir(place.directory))
    if (!listed.has(name)) throw new Damage(`${JSON.stringify(name)} is not in manifest.json`);
}

async function checkFile(
  place: BundlePlace,
  manifest: Manifest,
  name: (typeof BUNDLE_FILES)[number],
  depth: Depth,
): Promise<void> {
  const expected = manifest.files[name];
  if (expected === undefined) return;
  const path = join(place.directory, name);
  const stat = await lstat(path).catch((error: unknown) => {
    throw errnoOf(error) === 'ENOENT' ? new Damage(`${name} is missing`) : error;
  });
  if (!stat.isFile()) throw new Damage(`${name} is not a regular file`);
  if (stat.size !== expected.size)
    throw new Damage(`${name} has ${stat.size} bytes instead of ${expected.size}`);
  const reads = depth === 'everything' || (depth === 'digests' && !MACHINE_FILES.has(name));
  if (reads && (await digestLike(path, expected)).sha256 !== expected.sha256)
    throw new Damage(`${name} does not match its digest`);
}

async function checkFingerprint(place: BundlePlace, manifest: Manifest): Promise<void> {
  const fingerprint = await readFingerprint(place);
  if (!isDeepStrictEqual(fingerprint?.components, manifest.components))
    throw new Damage('fingerprint.json and manifest.json disagree');
}
