import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BASE, FINGERPRINT, sealBundle, sha256 } from '../support/bundle.ts';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { snapshotSandbox } from '../support/snapshot-sandbox.ts';
import type { Outcome, SnapshotSandbox } from '../support/snapshot-sandbox.ts';

const OTHER_BASE = '2'.repeat(40);
const DAMAGED = '3'.repeat(40);
const HALF = `.tmp-${'4'.repeat(40)}-0123456789ab`;

let repository: TestRepository;
let sandbox: SnapshotSandbox;

beforeAll(async () => {
  repository = await testRepository();
  sandbox = await snapshotSandbox(repository);
  const { store } = sandbox;
  await sealBundle(store);
  await sealBundle(store, { base_sha: OTHER_BASE, fingerprint: sha256('other'), workspace: 'a b/ü' });
  const damaged = await sealBundle(store, { base_sha: DAMAGED });
  const path = join(damaged.directory, 'base_hashes.json');
  // The same size: only its digest tells.
  await writeFile(path, (await readFile(path, 'utf8')).replace('1~2', '1~3'));
  await mkdir(join(store, FINGERPRINT, HALF));
  await writeFile(join(store, 'notes.txt'), 'mine');
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await repository[Symbol.asyncDispose]();
});

function snapshots(...args: string[]): Promise<Outcome> {
  return sandbox.dewar(['snapshots', ...args, '--store', sandbox.store]);
}

describe('snapshots ls', () => {
  test('lists bundles, half-written and foreign entries as what they are', async () => {
    const { exitCode, stdout } = await snapshots('ls', '--json');
    expect(exitCode).toBe(0);
    const list = JSON.parse(stdout) as Record<string, unknown[]>;
    expect(list['snapshots']).toHaveLength(3);
    expect(list['snapshots']).toContainEqual(
      expect.objectContaining({
        base_sha: OTHER_BASE,
        state: 'complete',
        workspace: 'a b/ü',
        targets: 2,
        driver: 'local',
      }),
    );
    expect(list).toMatchObject({ unfinished: [join(FINGERPRINT, HALF)], foreign: ['notes.txt'] });
    const table = await snapshots('ls');
    expect(table.stdout).toContain(`${FINGERPRINT.slice(0, 12)}/${BASE.slice(0, 12)}`);
    expect(table.stdout).toMatch(/notes\.txt" *. foreign/);
    expect(table.stdout).toMatch(/unfinished/);
  });

  test('says that there are none, and refuses what is no directory', async () => {
    const none = await sandbox.dewar(['snapshots', 'ls', '--store', join(sandbox.directory, 'absent')]);
    expect(none).toMatchObject({ exitCode: 0, stdout: 'no snapshots' });
    const file = await sandbox.dewar(['snapshots', 'ls', '--store', join(sandbox.store, 'notes.txt')]);
    expect(file).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('STORE_UNREADABLE') });
  });
});

describe('snapshots show', () => {
  test('shows one by a prefix of its base, its fingerprint, or both', async () => {
    for (const id of [
      OTHER_BASE.slice(0, 7),
      sha256('other').slice(0, 8),
      `${sha256('other').slice(0, 12)}/2222`,
    ]) {
      const { stdout } = await snapshots('show', id, '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        base_sha: OTHER_BASE,
        state: 'complete',
        manifest: { engine: 'bazel' },
      });
    }
    const { stdout } = await snapshots('show', OTHER_BASE);
    for (const word of ['a b/ü', 'bazel-version', 'base_hashes.json', sha256('other')])
      expect(stdout).toContain(word);
  });

  test('refuses what names none, or several', async () => {
    for (const id of ['beef', 'abc', '', '../..', 'a/b/c'])
      expect(await snapshots('show', id)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('NO_SUCH_SNAPSHOT'),
      });
    const several = await snapshots('show', FINGERPRINT);
    expect(several).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('AMBIGUOUS_SNAPSHOT') });
  });
});

describe('snapshots verify', () => {
  test('reads every byte, names the file, and exits 1', async () => {
    const all = await snapshots('verify');
    expect(all.exitCode).toBe(1);
    expect(all.stdout.split('\n').filter((line) => line.endsWith('  complete'))).toHaveLength(2);
    expect(all.stdout).toContain(
      `${DAMAGED.slice(0, 12)}  damaged: base_hashes.json does not match its digest`,
    );
    expect(await snapshots('verify', BASE)).toMatchObject({ exitCode: 0 });
    expect(await snapshots('verify', DAMAGED)).toMatchObject({ exitCode: 1 });
    const both = await snapshots('verify', FINGERPRINT, '--json');
    expect(both.exitCode).toBe(1);
    expect(JSON.parse(both.stdout)).toMatchObject({ snapshots: [{}, {}] });
    expect(await snapshots('verify', BASE, '--all')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('USAGE'),
    });
  });
});

describe('snapshots rm', () => {
  test('wants to know which', async () => {
    for (const args of [[], ['--all'], [BASE, '--all', '--force']])
      expect(await snapshots('rm', ...args)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('USAGE'),
      });
    expect(await snapshots('rm', FINGERPRINT)).toMatchObject({ exitCode: 1 });
    expect(await readdir(join(sandbox.store, FINGERPRINT))).toContain(BASE);
  });

  test('removes what it is told to, damaged ones and what dead records left too, nothing else', async () => {
    const one = await snapshots('rm', OTHER_BASE, OTHER_BASE.slice(0, 9));
    expect(one).toMatchObject({
      exitCode: 0,
      stdout: `removed ${sha256('other').slice(0, 12)}/222222222222`,
    });
    expect(await snapshots('rm', '--all', '--force')).toMatchObject({ exitCode: 0 });
    expect(await sandbox.stored()).toEqual(['notes.txt']);
    expect(await snapshots('rm', '--all', '--force')).toMatchObject({ exitCode: 0, stdout: 'no snapshots' });
  });
});
