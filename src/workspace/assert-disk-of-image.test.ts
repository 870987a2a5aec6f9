import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertDiskOfImage } from './assert-disk-of-image.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-disk-'));
  await writeFile(join(directory, 'root.qcow2'), '');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const MACHINE = {
  id: 'x',
  driver: 'qemu',
  slot: 0,
  since: 0,
  newDisk: true,
  how: undefined,
  vcpus: 1,
  memoryMB: 512,
  network: 'off',
  image: 'a'.repeat(64),
  machineDigest: '',
  code: {},
  failedScripts: [],
} as const;

function check(disk: string, machine: typeof MACHINE | undefined, image: string): Promise<void> {
  const journal = { machine: machine && { ...machine, failedScripts: [] } };
  const paths = { disk: join(directory, disk), diskImage: join(directory, `${disk}.image`) };
  return assertDiskOfImage({ journal, paths }, image);
}

test('a disk goes on with its own image, and a new one with any', async () => {
  await expect(check('root.qcow2', MACHINE, MACHINE.image)).resolves.toBeUndefined();
  await expect(check('none', MACHINE, 'b'.repeat(64))).resolves.toBeUndefined();
  await expect(check('none', undefined, 'b'.repeat(64))).resolves.toBeUndefined();
  // What was written down for it counts when the journal is lost.
  await writeFile(join(directory, 'none'), '');
  await expect(check('none', undefined, 'b'.repeat(64))).resolves.toBeUndefined();
  await expect(check('none', MACHINE, MACHINE.image)).rejects.toMatchObject({
    code: 'DISK_OF_ANOTHER_IMAGE',
  });
});

test.each([
  ['another one', MACHINE, 'aaaaaaaaaaaa'],
  ['one that nobody knows', undefined, 'an unknown image'],
])('a disk of %s is refused', async (_, machine, named) => {
  await expect(check('root.qcow2', machine, 'b'.repeat(64))).rejects.toMatchObject({
    code: 'DISK_OF_ANOTHER_IMAGE',
    message: expect.stringContaining(named),
    mend: expect.stringContaining('dewar reset'),
  });
});
