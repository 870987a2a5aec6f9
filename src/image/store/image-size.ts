import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_FILES, IMAGE_NAMES } from '../../core/names.ts';

/** @returns bytes that the files of an image take on the disk; they are sparse */
export async function imageSize(directory: string): Promise<number> {
  let used = 0;
  for (const name of [IMAGE_NAMES.manifest, ...IMAGE_FILES])
    used += ((await stat(join(directory, name)).catch(() => undefined))?.blocks ?? 0) * 512;
  return used;
}
