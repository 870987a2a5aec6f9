import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { removeTornKey } from './workspace-key.ts';
import type { StatePaths } from './state-paths.ts';

/**
 * Removes files that a process which died was about to put into their places. The caller holds the lock of the state, so that
 * nobody else writes there.
 */
export async function removeTornWrites(paths: StatePaths): Promise<void> {
  const { directory, journal, disk, diskImage, diskDriver, ssh } = paths;
  const found = await readdir(directory);
  for (const name of [journal, disk, diskImage, diskDriver].map((path) => basename(path)))
    for (const torn of found.filter((other) => isTemporaryOf(other, name)))
      await rm(join(directory, torn), { force: true });
  await removeTornKey(ssh);
}

/** As write-file-atomic names them. */
function isTemporaryOf(found: string, name: string): boolean {
  return found.startsWith(`${name}.`) && /^[0-9]+$/.test(found.slice(name.length + 1));
}
