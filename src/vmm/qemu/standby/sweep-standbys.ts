import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { standbyLockName, standbyOfTemporary } from '../../../core/names.ts';
import { isAbsent } from '../../../platform/errno.ts';
import { tryAcquireLock } from '../../../platform/file-lock.ts';
import { removeTree } from '../../../platform/remove-tree.ts';

/** Removes the halves of saved machines whose writers are dead. @param standbys absolute; may be absent */
export async function sweepStandbys(standbys: string): Promise<void> {
  const names = await readdir(standbys).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  for (const name of names) {
    const key = standbyOfTemporary(name);
    if (key === undefined) continue;
    const lock = await tryAcquireLock(join(standbys, standbyLockName(key)));
    if (lock === undefined) continue;
    await removeTree(join(standbys, name));
    await lock.release({ remove: true });
  }
}
