import { randomBytes } from 'node:crypto';
import { access, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_NAMES, imageLockName, temporaryImageName } from '../../core/names.ts';
import { acquireLock } from '../../platform/file-lock.ts';
import type { WaitOptions } from '../../platform/file-lock.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import { sweepImages } from './image-writer.ts';
import { imagesDirectory } from './open-image.ts';

/**
 * Removes images, each in one step, and what dead builds left. A machine that runs on one keeps its files until it ends.
 * @param ids whole ids
 */
export async function removeImages(cache: string, ids: readonly string[], wait: WaitOptions): Promise<void> {
  const root = imagesDirectory(cache);
  for (const id of ids) {
    await using lock = await acquireLock(join(root, IMAGE_NAMES.locks, imageLockName(id)), wait);
    const aside = join(root, temporaryImageName(id, randomBytes(6).toString('hex')));
    await rename(join(root, id), aside);
    await removeTree(aside);
    await lock.release({ remove: true });
  }
  const there = await access(root).then(
    () => true,
    () => false,
  );
  if (there) await sweepImages(root);
}

/** Removes the downloaded packages; a build that is at work downloads again what it misses, or says so. */
export async function removePackages(cache: string): Promise<void> {
  await removeTree(join(cache, IMAGE_NAMES.packages));
}
