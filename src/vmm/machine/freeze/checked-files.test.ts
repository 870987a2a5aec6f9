import { lstat, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkedFiles, RACY_MS } from './checked-files.ts';

let directory = '';
let path = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-checked-'));
  path = join(directory, 'file');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const SHA256_OF_ONE = '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b';

test('a file that changed just now is not remembered; later it is, by whatever name, until it changes', async () => {
  const checked = checkedFiles({ DEWAR_CACHE_DIR: join(directory, 'cache') });
  const isKnown = async (at: string): Promise<boolean> =>
    checked.has(await lstat(at, { bigint: true }), SHA256_OF_ONE);
  await writeFile(path, '1');
  expect(await isKnown(path)).toBe(false);
  expect(await checked.read(path)).toEqual({ sha256: SHA256_OF_ONE, size: 1 });
  expect(await isKnown(path)).toBe(false);

  await sleep(RACY_MS + 100);
  await checked.read(path);
  expect(await isKnown(path)).toBe(true);
  expect(await checked.has(await lstat(path, { bigint: true }), 'f'.repeat(64))).toBe(false);

  // As a bundle is put into place: what it is in gets another name.
  await rename(directory, `${directory}-moved`);
  const moved = join(`${directory}-moved`, 'file');
  const elsewhere = checkedFiles({ DEWAR_CACHE_DIR: join(`${directory}-moved`, 'cache') });
  const { mtime, atime } = await lstat(moved);
  expect(await elsewhere.has(await lstat(moved, { bigint: true }), SHA256_OF_ONE)).toBe(true);
  await writeFile(moved, '2');
  await utimes(moved, atime, mtime);
  expect((await lstat(moved)).size).toBe(1);
  expect(await elsewhere.has(await lstat(moved, { bigint: true }), SHA256_OF_ONE)).toBe(false);
  await rename(`${directory}-moved`, directory);
});
