import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readJournal, writeJournal } from './journal.ts';
import type { Journal } from './journal.ts';

const JOURNAL: Journal = {
  format: 1,
  state: 'starting',
  machine: {
    id: '0123456789abcdef',
    driver: 'qemu',
    slot: 63,
    since: 1_700_000_000_000,
    newDisk: true,
    how: undefined,
    vcpus: 2,
    memoryMB: 512,
    network: 'off',
    image: 'a'.repeat(64),
    machineDigest: 'b'.repeat(64),
    code: { '/w/dewar.config.ts': 'c'.repeat(64) },
    failedScripts: ['set "up"\nü'],
  },
  mounts: [
    { id: 'share0', kind: 'virtiofs', source: '/a b/\n"ü', target: '~/w', readonly: false },
    { id: 'share1', kind: 'tmpfs', source: undefined, target: '/t', readonly: true },
  ],
};

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  path = join(directory, 'state', 'journal.json');
});

afterEach(() => rm(directory, { recursive: true }));

test('a journal is read as it was written, by this user alone', async () => {
  await writeJournal(path, { ...JOURNAL, state: 'up' });
  await writeJournal(path, JOURNAL);
  expect(await readJournal(path)).toEqual(JOURNAL);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(directory, 'state'))).toEqual(['journal.json']);
});

test('where there is none the machine is down', async () => {
  expect(await readJournal(path)).toEqual({ format: 1, state: 'down', machine: undefined, mounts: [] });
});

test('one that was cut anywhere is damaged', async () => {
  await writeJournal(path, JOURNAL);
  const whole = (await readFile(path, 'utf8')).trimEnd();
  for (let length = 0; length < whole.length; length += 7) {
    await writeFile(path, whole.slice(0, length));
    await expect(readJournal(path)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
  }
});

test.each([
  ['another format', { format: 2 }],
  ['an unknown state', { state: 'asleep' }],
  ['a machine whose name leads elsewhere', { machine: { ...JOURNAL.machine, id: '../elsewhere' } }],
  ['a slot that there is not', { machine: { ...JOURNAL.machine, slot: 64 } }],
  ['no mounts', { mounts: undefined }],
])('one with %s is damaged', async (_, change) => {
  await writeJournal(path, { ...JOURNAL, ...change } as Journal);
  await expect(readJournal(path)).rejects.toMatchObject({
    code: 'JOURNAL_DAMAGED',
    message: expect.stringContaining(path),
  });
});
