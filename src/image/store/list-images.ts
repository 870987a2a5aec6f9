import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText } from '../../core/compare-text.ts';
import { IMAGE_ID_PATTERN, imageOfTemporary } from '../../core/names.ts';
import { isAbsent } from '../../platform/errno.ts';
import { checkImage } from './check-image.ts';
import type { ImageState } from './check-image.ts';
import { imageSize } from './image-size.ts';
import { imagesDirectory } from './open-image.ts';

export interface ListedImage {
  id: string;
  directory: string;
  state: ImageState;
  /** Bytes that its files take on the disk; they are sparse. */
  used: number;
}

export interface ImageList {
  /** The newest first; the damaged ones last. */
  images: ListedImage[];
  /** Directories of builds that are at work, or died. */
  unfinished: string[];
}

/**
 * Lists the images in dewar's cache directory.
 * @param depth `sizes`: manifests, names and sizes; `digests`: every byte
 */
export async function listImages(cache: string, depth: 'sizes' | 'digests' = 'sizes'): Promise<ImageList> {
  const root = imagesDirectory(cache);
  const names = await readdir(root).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  const ids = names.filter((name) => IMAGE_ID_PATTERN.test(name));
  const images = await Promise.all(ids.map((id) => listImage(join(root, id), id, depth)));
  return {
    images: images.toSorted((a, b) => compareText(createdAt(b), createdAt(a)) || compareText(a.id, b.id)),
    unfinished: names.filter((name) => imageOfTemporary(name) !== undefined).map((name) => join(root, name)),
  };
}

/** Looks at the image in one directory. */
export async function listImage(
  directory: string,
  id: string,
  depth: 'sizes' | 'digests',
): Promise<ListedImage> {
  const state = await checkImage(directory, id, depth);
  return { id, directory, state, used: await imageSize(directory) };
}

function createdAt({ state }: ListedImage): string {
  return state.complete ? state.manifest.created_at : '';
}
