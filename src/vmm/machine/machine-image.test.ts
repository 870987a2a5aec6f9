import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { diskSizeOf } from './machine-image.ts';
import type { MachineImage } from './machine-image.ts';

const IMAGE_BYTES = 3 << 20;
let directory = '';
let image: MachineImage;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-image-'));
  const [kernel, rootfs] = ['kernel', 'rootfs'].map((name) => join(directory, name)) as [string, string];
  for (const path of [kernel, rootfs]) await writeFile(path, 'x');
  await truncate(rootfs, IMAGE_BYTES);
  image = { id: 'image', kernel, rootfs };
});

afterAll(() => rm(directory, { recursive: true }));

test.each([
  ['what was asked for', 8 << 20, 8 << 20],
  ['in whole sectors', (8 << 20) + 1, (8 << 20) + 512],
  ['never less than the image has', 1 << 20, IMAGE_BYTES],
  ['that of the image, where nothing was asked for', undefined, IMAGE_BYTES],
])('the size of a disk: %s', async (_, asked, size) => {
  expect(await diskSizeOf(image, asked)).toBe(size);
});

test('an image without its kernel is none', async () => {
  await expect(diskSizeOf({ ...image, kernel: join(directory, 'absent') })).rejects.toMatchObject({
    code: 'IMAGE_MISSING',
  });
});
