import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { machinePaths } from './machine-paths.ts';
import { readMachineRecord, writeMachineRecord } from './machine-record.ts';
import type { MachineRecord } from './machine-record.ts';

const RECORD: MachineRecord = {
  format: 1,
  hardware: { machine: 'pc-q35-7.2', cpus: 2, memoryMiB: 512, mac: '52:54:00:01:02:03', network: 'user' },
  image: 'a'.repeat(64),
  address: { host: '127.0.0.1', port: 40_022 },
  host_key: 'ssh-ed25519 AAAA',
  devices: [
    { slot: 'slot0', id: 'share0', kind: 'share' },
    { slot: 'slot1', id: 'data', kind: 'disk' },
  ],
};

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});

afterEach(() => rm(directory, { recursive: true }));

test('a record is read as it was written', async () => {
  const paths = machinePaths(directory);
  expect(await readMachineRecord(paths)).toBeUndefined();
  await writeMachineRecord(paths, { ...RECORD, devices: [] });
  await writeMachineRecord(paths, RECORD);
  expect(await readMachineRecord(paths)).toEqual(RECORD);
});

test.each([
  ['nothing in it', ''],
  ['a half', JSON.stringify(RECORD).slice(0, 100)],
  ['another format', JSON.stringify({ ...RECORD, format: 2 })],
  ['what no record has', JSON.stringify({ ...RECORD, more: 1 })],
  ['a port that is none', JSON.stringify({ ...RECORD, address: { host: '127.0.0.1', port: '22' } })],
])('one with %s is damaged', async (_, text) => {
  const paths = machinePaths(directory);
  await writeFile(join(directory, 'running.json'), text);
  await expect(readMachineRecord(paths)).rejects.toMatchObject({ code: 'MACHINE_RECORD_DAMAGED' });
  expect(await readFile(join(directory, 'running.json'), 'utf8')).toBe(text);
});
