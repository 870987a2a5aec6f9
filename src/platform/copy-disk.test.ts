import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyDisk } from './copy-disk.ts';

const MEBIBYTE = 2 ** 20;
let directory = '';
let image = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-copy-disk-'));
  image = join(directory, 'image');
  await using file = await open(image, 'w');
  await file.truncate(8 * MEBIBYTE);
  await file.write('first', 0);
  await file.write('last', 8 * MEBIBYTE - 4);
  await chmod(image, 0o444);
});
afterEach(() => rm(directory, { recursive: true }));

test('the copy has the same bytes, the size that was asked for, and holes', async () => {
  const to = join(directory, '-disk');
  await copyDisk(image, to, 16 * MEBIBYTE);
  const bytes = await readFile(to);
  expect(bytes.subarray(0, 8 * MEBIBYTE).equals(await readFile(image))).toBe(true);
  expect(bytes.subarray(8 * MEBIBYTE).equals(Buffer.alloc(8 * MEBIBYTE))).toBe(true);
  const { blocks, mode } = await stat(to);
  expect(blocks * 512).toBeLessThan(MEBIBYTE);
  expect(mode & 0o777).toBe(0o600);
});

test('is never smaller than the disk, and replaces what is there', async () => {
  const to = join(directory, 'disk');
  await writeFile(to, 'old');
  await copyDisk(image, to, 1);
  expect((await stat(to)).size).toBe(8 * MEBIBYTE);
});

test('what a dead process has left is no hindrance', async () => {
  await writeFile(join(directory, 'disk.part'), 'x', { mode: 0o400 });
  await copyDisk(image, join(directory, 'disk'), 0);
  expect(await readdir(directory)).toEqual(['disk', 'image']);
});

test.each([
  ['no such image', 'absent', 'disk'],
  ['no directory to write in', 'image', 'absent/disk'],
])('leaves nothing: %s', async (_name, from, to) => {
  await expect(copyDisk(join(directory, from), join(directory, to), 0)).rejects.toMatchObject({
    code: 'DISK_NOT_COPIED',
    message: expect.stringContaining('absent') as string,
  });
  expect(await readdir(directory)).toEqual(['image']);
});

test('leaves nothing when it is interrupted', async () => {
  const copied = copyDisk(image, join(directory, 'disk'), 0, AbortSignal.abort());
  await expect(copied).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(await readdir(directory)).toEqual(['image']);
});

const root = process.getuid?.() === 0;
test.skipIf(!root)(`leaves nothing on a full file system${root ? '' : ' (needs root)'}`, async () => {
  const small = join(directory, 'small');
  await mkdir(small);
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
  try {
    const full = join(directory, 'full');
    await writeFile(full, Buffer.alloc(2 * MEBIBYTE, 'x'));
    await expect(copyDisk(full, join(small, 'disk'), 0)).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(await readdir(small)).toEqual([]);
  } finally {
    await execa('umount', [small]);
  }
});
