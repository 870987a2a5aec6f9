import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { IMAGE_NAMES } from '../../core/names.ts';
import { checkImage } from './check-image.ts';
import type { ImageManifest } from './image-manifest.ts';

/** A complete image: read-only files that many machines use at the same time. */
export interface Image {
  /** sha256 over all that it was made of. */
  id: string;
  /** Absolute. */
  directory: string;
  /** Absolute path of a kernel for QEMU's `-kernel`. */
  kernel: string;
  /** Absolute path of its initial RAM disk. */
  initrd: string;
  /** Absolute path of the root disk: a raw ext4 file system without partition table. Never written. */
  rootfs: string;
  manifest: ImageManifest;
}

/** @returns the directory of the images in dewar's cache directory */
export function imagesDirectory(cache: string): string {
  return join(cache, IMAGE_NAMES.root);
}

/**
 * Opens an image by its whole id.
 * @param cache dewar's cache directory
 * @param depth `digests` reads every byte; `sizes` only looks at manifest and sizes
 * @returns undefined when there is no such image
 * @throws DewarError IMAGE_DAMAGED
 */
export async function openImage(
  cache: string,
  id: string,
  depth: 'sizes' | 'digests' = 'digests',
): Promise<Image | undefined> {
  const directory = join(imagesDirectory(cache), id);
  const there = await access(directory).then(
    () => true,
    () => false,
  );
  if (!there) return undefined;
  const state = await checkImage(directory, id, depth);
  if (state.complete) return imageAt(directory, state.manifest);
  throw new DewarError({
    code: 'IMAGE_DAMAGED',
    message: `the image ${id} in ${directory} cannot be used: ${state.why}`,
    mend: `remove it (dewar image rm ${id.slice(0, 12)}), and build it again (dewar image build)`,
  });
}

export function imageAt(directory: string, manifest: ImageManifest): Image {
  return {
    id: manifest.id,
    directory,
    kernel: join(directory, 'kernel'),
    initrd: join(directory, 'initrd'),
    rootfs: join(directory, 'rootfs.ext4'),
    manifest,
  };
}
