import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { formatBytes } from '../../core/format-bytes.ts';
import { IMAGE_NAMES, STANDBYS } from '../../core/names.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import { diskUsage } from '../../platform/disk-usage.ts';
import { errnoOf } from '../../platform/errno.ts';
import type { Check, Finding } from './check.ts';

const GIBIBYTE = 2 ** 30;
/** An image and the packages that it is made of take one, at least. */
const NO_ROOM = GIBIBYTE;
const LITTLE_ROOM = 10 * GIBIBYTE;

/** What lies in it that may grow. */
const PARTS = [
  ['images', [IMAGE_NAMES.root]],
  ['packages of images', [IMAGE_NAMES.packages]],
  ['saved machines', STANDBYS],
] as const;

export const cacheCheck: Check = {
  id: 'cache',
  group: 'host',
  title: 'cache directory',
  async run({ env }) {
    const cache = cacheDirectory(env);
    const { bavail, bsize } = await statfs(await writableAncestor(cache));
    const sizes = await Promise.all(
      PARTS.map(
        async ([what, path]) =>
          `${what} ${formatBytes(await diskUsage(join(cache, ...path)).catch(() => 0))}`,
      ),
    );
    return judgeRoom(bavail * bsize, `${cache}: ${sizes.join(', ')}`);
  },
};

export function judgeRoom(free: number, what: string): Finding {
  const message = `${what}; ${formatBytes(free)} free`;
  if (free >= LITTLE_ROOM) return { level: 'ok', message };
  return {
    level: free < NO_ROOM ? 'problem' : 'warning',
    message: `${message}, which is little`,
    mend: 'make room: dewar image ls, dewar image rm; or name another place by DEWAR_CACHE_DIR',
  };
}

/** @returns the directory, or the one in which it would be made. @throws DewarError CACHE_NOT_WRITABLE */
async function writableAncestor(path: string): Promise<string> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return path;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && dirname(path) !== path) return await writableAncestor(dirname(path));
    throw new DewarError({
      code: 'CACHE_NOT_WRITABLE',
      message: `${path} cannot be written: ${errnoOf(error) ?? String(error)}`,
      mend: 'give this user the right to write it, or name another place by DEWAR_CACHE_DIR',
      cause: error,
    });
  }
}
