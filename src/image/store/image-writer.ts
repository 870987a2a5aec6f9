import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_NAMES, imageLockName, imageOfTemporary, temporaryImageName } from '../../core/names.ts';
import { syncDirectory } from '../../platform/durable-files.ts';
import { acquireLock, tryAcquireLock } from '../../platform/file-lock.ts';
import type { WaitOptions } from '../../platform/file-lock.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import { imagesDirectory, openImage } from './open-image.ts';
import type { Image } from './open-image.ts';

/** The right to write one image, held by this process alone. */
export interface ImageWriter extends AsyncDisposable {
  /** @returns an empty directory to fill; it goes with the writer unless it is sealed */
  make(): Promise<string>;
  /** Puts the directory, now whole, into its place. */
  seal(): Promise<Image>;
}

/**
 * Makes the directory of images when absent, waits for the lock of one, and removes what dead builders left of any.
 * @param cache dewar's cache directory
 * @throws DewarError LOCK_HELD, LOCK_FAILED, INTERRUPTED; errors of the file system
 */
export async function openImageWriter(cache: string, id: string, wait: WaitOptions): Promise<ImageWriter> {
  const root = imagesDirectory(cache);
  await mkdir(root, { recursive: true });
  const lock = await acquireLock(join(root, IMAGE_NAMES.locks, imageLockName(id)), wait);
  const temporary = join(root, temporaryImageName(id, randomBytes(6).toString('hex')));
  const finish = async (): Promise<void> => {
    await removeTree(temporary);
    await lock.release({ remove: true });
  };
  try {
    await sweepImages(root, id);
  } catch (error) {
    await finish();
    throw error;
  }
  return {
    make: async () => {
      await mkdir(temporary);
      return temporary;
    },
    seal: async () => {
      await syncDirectory(temporary);
      await chmod(temporary, 0o755);
      await rename(temporary, join(root, id));
      await syncDirectory(root);
      const image = await openImage(cache, id, 'sizes');
      if (image === undefined) throw new Error(`the image ${id} is gone right after it was built`);
      return image;
    },
    [Symbol.asyncDispose]: finish,
  };
}

/** Removes directories whose builder is dead; the lock of `mine` is ours. */
export async function sweepImages(root: string, mine?: string): Promise<void> {
  for (const name of await readdir(root)) {
    const id = imageOfTemporary(name);
    if (id === undefined) continue;
    const lock =
      id === mine ? undefined : await tryAcquireLock(join(root, IMAGE_NAMES.locks, imageLockName(id)));
    if (id !== mine && lock === undefined) continue;
    await removeTree(join(root, name));
    await lock?.release({ remove: true });
  }
}
