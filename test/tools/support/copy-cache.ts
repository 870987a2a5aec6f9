import { cp, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findPlugin } from '../../../src/builtins.ts';
import { listCache } from '../../../src/cache/list-cache.ts';
import { locateCache } from '../../../src/cache/locate-cache.ts';

/** Copies a cache from one home into another one, as it would be sent to a machine. @returns the paths of its files */
export async function copyCache(
  plugin: string,
  name: string,
  homes: { host: string; guest: string },
): Promise<string[]> {
  const config = (await findPlugin(plugin))?.caches?.find((cache) => cache.name === name);
  if (config === undefined) throw new Error(`${plugin} has no cache ${name}`);
  const place = locateCache(config, {}, homes);
  const listing = await listCache(place.host, place);
  if (listing === undefined) throw new Error(`there is no ${place.host}`);
  const files: string[] = [];
  for (const { path, type, link = '' } of listing.entries) {
    const to = join(place.guest, path);
    await mkdir(type === 'directory' ? to : dirname(to), { recursive: true });
    if (type === 'link') await symlink(link, to);
    if (type === 'file') await cp(join(place.host, path), to, { preserveTimestamps: true });
    if (type !== 'directory') files.push(path);
  }
  return files;
}
