import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assertDiskKind } from './disk-kind.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});

afterEach(() => rm(directory, { recursive: true }));

const RAW = Buffer.alloc(4096);
RAW.writeUInt16LE(0xef53, 1024 + 56);

test.each([
  ['qcow2', Buffer.concat([Buffer.from('QFI\xFB', 'latin1'), Buffer.alloc(4092)]), 'raw'],
  ['raw', RAW, 'qcow2'],
] as const)('a disk in the format %s is refused by who uses another', async (kind, bytes, other) => {
  const path = join(directory, 'disk');
  await writeFile(path, bytes);
  await expect(assertDiskKind(path, kind, 'mine')).resolves.toBeUndefined();
  await expect(assertDiskKind(path, other, 'mine')).rejects.toMatchObject({
    code: 'DISK_OF_ANOTHER_DRIVER',
    message: `${path} is a disk in the format ${kind}, and the driver mine uses ${other}`,
    mend: expect.stringContaining('dewar reset'),
  });
});

test('what is absent, empty, rubbish or a directory is left to who uses it', async () => {
  const path = join(directory, 'disk');
  await expect(assertDiskKind(path, 'raw', 'mine')).resolves.toBeUndefined();
  await expect(assertDiskKind(directory, 'raw', 'mine')).resolves.toBeUndefined();
  for (const content of ['', 'garbage'.repeat(1000)]) {
    await writeFile(path, content);
    await expect(assertDiskKind(path, 'qcow2', 'mine')).resolves.toBeUndefined();
    await expect(assertDiskKind(path, 'raw', 'mine')).resolves.toBeUndefined();
  }
});
