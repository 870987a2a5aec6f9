import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_FILES, IMAGE_NAMES } from '../../core/names.ts';
import type { ImageFile } from '../../core/names.ts';
import { digestFile } from '../../platform/durable-files.ts';
import { errnoOf } from '../../platform/errno.ts';
import { parseImageManifest } from './image-manifest.ts';
import type { ImageManifest } from './image-manifest.ts';

/** An image whose files match its manifest, or what is wrong with it. */
export type ImageState = { complete: true; manifest: ImageManifest } | { complete: false; why: string };

/**
 * Checks the image in `directory`.
 * @param depth `sizes`: the manifest, the names and the sizes; `digests`: every byte as well
 */
export async function checkImage(
  directory: string,
  id: string,
  depth: 'sizes' | 'digests',
): Promise<ImageState> {
  try {
    const parsed = parseImageManifest(await readFile(join(directory, IMAGE_NAMES.manifest), 'utf8'));
    if ('why' in parsed) return { complete: false, why: parsed.why };
    const why = await findFault(directory, id, parsed.manifest, depth);
    return why === undefined ? { complete: true, manifest: parsed.manifest } : { complete: false, why };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return { complete: false, why: (error as Error).message };
  }
}

async function findFault(
  directory: string,
  id: string,
  manifest: ImageManifest,
  depth: 'sizes' | 'digests',
): Promise<string | undefined> {
  if (manifest.id !== id) return 'manifest.json is of another image';
  const known = new Set<string>([IMAGE_NAMES.manifest, ...IMAGE_FILES]);
  for (const name of await readdir(directory))
    if (!known.has(name)) return `${JSON.stringify(name)} is not in manifest.json`;
  for (const name of IMAGE_FILES) {
    const why = await fileFault(join(directory, name), name, manifest.files[name], depth);
    if (why !== undefined) return why;
  }
  return undefined;
}

async function fileFault(
  path: string,
  name: ImageFile,
  expected: { sha256: string; size: number },
  depth: 'sizes' | 'digests',
): Promise<string | undefined> {
  const stat = await lstat(path);
  if (!stat.isFile()) return `${name} is not a regular file`;
  if (stat.size !== expected.size) return `${name} has ${stat.size} bytes instead of ${expected.size}`;
  if (depth === 'digests' && (await digestFile(path)).sha256 !== expected.sha256)
    return `${name} does not match its digest`;
  return undefined;
}
