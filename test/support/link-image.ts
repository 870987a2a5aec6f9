import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuiltImage } from './guest-image.ts';
import { linkOrCopy } from './image-cli.ts';

/** Puts an image into another cache: it is hundreds of megabytes, and not copied where a link will do. */
export async function linkImage({ id, directory }: BuiltImage, cache: string): Promise<void> {
  const to = join(cache, 'images', id);
  await mkdir(to, { recursive: true });
  for (const name of await readdir(directory)) await linkOrCopy(join(directory, name), join(to, name));
}
