import { execa } from 'execa';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { archivedFiles } from './archived-files.ts';
import { listCache } from './list-cache.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});
afterEach(() => rm(root, { recursive: true }));

test('has all files at the end of what tar writes, and not a byte before', async () => {
  await mkdir(join(root, 'd'.repeat(100)));
  await symlink('l'.repeat(101), join(root, 'a link'));
  for (const [name, size] of [
    ['e', 0],
    ['f', 1],
    ['g', 512],
    ['h', 513],
    ['n'.repeat(150), 70_000],
  ] as const)
    await writeFile(join(root, name), Buffer.alloc(size, 'x'));
  const entries = [...((await listCache(root))?.entries ?? [])];
  const names = entries.map(({ path }) => path);
  const tar = [
    '--create',
    '--format=gnu',
    '--no-recursion',
    '--blocking-factor=1',
    '--directory',
    root,
    '--',
    ...names,
  ];
  const { stdout } = await execa('tar', tar, { encoding: 'buffer' });
  // Two blocks of zeros end it.
  const end = stdout.length - 2 * 512;
  const files = archivedFiles(entries);
  expect([0, end - 1, end, end + 1].map((bytes) => files(bytes))).toEqual([0, 5, 6, 6]);
});
