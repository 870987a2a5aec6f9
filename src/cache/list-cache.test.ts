import { execa } from 'execa';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noneSkipped } from './cache-listing.ts';
import { listCache } from './list-cache.ts';

let root = '';
const at = (...names: string[]): string => join(root, ...names);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});
afterEach(() => rm(root, { recursive: true }));

test('a directory comes before what it has; what is left out is counted', async () => {
  await mkdir(at('a/b'), { recursive: true });
  await mkdir(at('tmp'));
  await writeFile(at('a/b/file'), '12345');
  await writeFile(at('tmp/half'), '');
  await writeFile(at('a/x.lock'), '');
  await writeFile(at('a/.npmrc'), '//host/:_authToken=x');
  await writeFile(at('a/log'), 'GET https://me:hunter2@host/x');
  await symlink('b/file', at('a/inside'));
  await symlink('../../outside', at('a/outside'));
  await symlink('/etc/passwd', at('absolute'));
  await execa('mkfifo', [at('pipe')]);
  const listing = await listCache(root, { exclude: ['tmp/**', '**/*.lock'] });
  expect([...(listing?.entries ?? [])].map(({ path, type, size, link }) => [path, type, size, link])).toEqual(
    expect.arrayContaining([
      ['a', 'directory', 0, undefined],
      ['a/b', 'directory', 0, undefined],
      ['a/b/file', 'file', 5, undefined],
      ['a/inside', 'link', 0, 'b/file'],
    ]),
  );
  expect(listing?.entries).toHaveLength(4);
  const order = [...(listing?.entries ?? [])].map(({ path }) => path);
  expect(order.indexOf('a/b')).toBeLessThan(order.indexOf('a/b/file'));
  expect(listing?.skipped).toEqual({ ...noneSkipped(), excluded: 2, secrets: 2, links: 2, special: 1 });
});

test('what a tool has unpacked is not searched for secrets', async () => {
  await mkdir(at('src'));
  await writeFile(at('src/doc'), 'such as https://user:password@example.com/');
  await writeFile(at('meta'), 'https://user:password@example.com/');
  const listing = await listCache(root, { unpacked: ['src/**'] });
  expect([...(listing?.entries ?? [])].map(({ path }) => path)).toEqual(['src', 'src/doc']);
});

test('names are bytes', async () => {
  const name = Buffer.from([0x66, 0xff, 0x0a, 0x2a]);
  await writeFile(Buffer.concat([Buffer.from(`${root}/`), name]), '');
  await writeFile(at('ü'), '');
  const listing = await listCache(root, { exclude: ['ü'] });
  expect([...(listing?.entries ?? [])].map(({ path }) => Buffer.from(path, 'latin1'))).toEqual([name]);
});

test('a cache that is not there is none, and one that is a file is an error', async () => {
  expect(await listCache(at('absent'))).toBeUndefined();
  await writeFile(at('file'), '');
  expect(await listCache(at('file'))).toBeUndefined();
});
