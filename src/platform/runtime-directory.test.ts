import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runtimeDirectory } from './runtime-directory.ts';

let xdg: string;

beforeEach(async () => {
  xdg = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});

afterEach(() => rm(xdg, { recursive: true }));

test('it is made for this user alone, and stays so', async () => {
  const path = await runtimeDirectory({ XDG_RUNTIME_DIR: xdg });
  expect(path).toBe(join(xdg, 'dewar'));
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  await writeFile(join(path, 'kept'), '');
  await chmod(path, 0o755);
  expect(await runtimeDirectory({ XDG_RUNTIME_DIR: xdg })).toBe(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(path, 'kept'))).isFile()).toBe(true);
});

test.each([
  ['a link', () => mkdir(join(xdg, 'elsewhere')).then(() => symlink('elsewhere', join(xdg, 'dewar')))],
  ['a link to nothing', () => symlink('nothing', join(xdg, 'dewar'))],
  ['a file', () => writeFile(join(xdg, 'dewar'), '')],
])('%s in its place is refused', async (_, make) => {
  await make();
  await expect(runtimeDirectory({ XDG_RUNTIME_DIR: xdg })).rejects.toMatchObject({
    code: 'RUNTIME_DIRECTORY',
    message: expect.stringContaining(xdg),
  });
});
