import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock } from '../platform/file-lock.ts';
import { removeTornWrites } from './remove-torn-writes.ts';
import { statePaths } from './state-paths.ts';
import { workspaceKey } from './workspace-key.ts';

let workspace: string;

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  await mkdir(join(workspace, '.dewar'));
});

afterEach(() => rm(workspace, { recursive: true }));

const names = async (path = ''): Promise<string[]> =>
  (await readdir(join(workspace, '.dewar', path))).toSorted();

test('halves of files go, and nothing else', async () => {
  const kept = [
    'journal.json',
    'journal.json.bak',
    'journal.json.1a',
    'root.qcow2',
    'root.qcow2.',
    'other.123',
  ];
  for (const name of [...kept, 'journal.json.2934875629', 'root.qcow2.1', 'root.image.23'])
    await writeFile(join(workspace, '.dewar', name), '');
  await removeTornWrites(statePaths(workspace));
  expect(await names()).toEqual(kept.toSorted());
});

test('the half of a key pair goes, unless somebody makes it', async () => {
  const paths = statePaths(workspace);
  await mkdir(`${paths.ssh}.new`);
  const lock = await acquireLock(`${paths.ssh}.lock`);
  await removeTornWrites(paths);
  expect(await names()).toEqual(['ssh.lock', 'ssh.new']);
  await lock.release();
  await removeTornWrites(paths);
  expect(await names()).toEqual([]);
});

test('a workspace has one key pair, whoever asks first, and how many do so at once', async () => {
  const { ssh } = statePaths(workspace);
  await mkdir(`${ssh}.new`);
  await writeFile(join(`${ssh}.new`, 'id_ed25519'), 'half');
  const pairs = await Promise.all([1, 2, 3].map(() => workspaceKey(ssh, 'dewar-test')));
  expect(new Set(pairs.map(({ publicKey }) => publicKey)).size).toBe(1);
  expect(pairs[0]?.privateKey).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
  expect(pairs[0]?.publicKey).toMatch(/^ssh-ed25519 \S+ dewar-test\n$/);
  expect(await workspaceKey(ssh, 'another')).toEqual(pairs[0]);
  expect([await names(), await names('ssh')]).toEqual([['ssh'], ['id_ed25519', 'id_ed25519.pub']]);
});
