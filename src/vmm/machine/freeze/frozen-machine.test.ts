import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { readFrozenMachine } from './frozen-machine.ts';

const FILE = { sha256: 'a'.repeat(64), size: 1 };
/** As dewars before there was a second driver wrote it. */
const OLD = {
  format: 1,
  hardware: { machine: 'microvm', cpus: 1, memoryMiB: 256, mac: '52:54:00:01:02:03', network: 'user' },
  image: 'image',
  kernel_args: '',
  disk_size: 512,
  host_key: 'ssh-ed25519 AAAA',
  compatibility: { program: '1.0' },
  files: { mem_file: FILE, vmstate: FILE, 'rootfs.backing': FILE },
};
const compatibility = z.strictObject({ program: z.string() });
const QEMU = { driver: 'qemu', compatibility };
const OTHER = { driver: 'other', compatibility, extra: z.strictObject({ config: z.string() }) };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});

afterEach(() => rm(directory, { recursive: true }));

const write = (record: object): Promise<void> =>
  writeFile(join(directory, 'machine.json'), JSON.stringify(record));

test('a record that names no driver is of QEMU', async () => {
  await write(OLD);
  expect(await readFrozenMachine(directory, QEMU)).toEqual({ ...OLD, driver: 'qemu' });
});

test('a record has what its driver alone knows of', async () => {
  const record = { ...OLD, driver: 'other', extra: { config: '{}' } };
  await write(record);
  expect(await readFrozenMachine(directory, OTHER)).toEqual(record);
});

test('the record of another driver is refused, whatever else is in it', async () => {
  await write({ ...OLD, driver: 'other', compatibility: {} });
  await expect(readFrozenMachine(directory, QEMU)).rejects.toMatchObject({
    code: 'HOST_INCOMPATIBLE',
    message: `the machine frozen in ${directory} is of the driver other, not qemu`,
    mend: expect.stringContaining('--driver other'),
  });
});

test.each([
  ['nothing of the driver', { ...OLD, driver: 'other' }, OTHER],
  ['what another driver needs', { ...OLD, extra: {} }, QEMU],
  ['no such compatibility', { ...OLD, compatibility: {} }, QEMU],
])('a record with %s is damaged', async (_, record, kind) => {
  await write(record);
  await expect(readFrozenMachine<object, unknown>(directory, kind)).rejects.toMatchObject({
    code: 'SNAPSHOT_DAMAGED',
  });
});

test('a bundle without a record is damaged', async () => {
  await expect(readFrozenMachine(directory, QEMU)).rejects.toMatchObject({ code: 'SNAPSHOT_DAMAGED' });
});
