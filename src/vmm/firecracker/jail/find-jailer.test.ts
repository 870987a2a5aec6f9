import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findJailer } from './find-jailer.ts';

let directory = '';
let path = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-jailer-'));
  path = join(directory, 'jailer');
  await writeFile(path, '#!/bin/sh\necho Jailer v1.16.1\n');
  await chmod(path, 0o755);
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const VERSION = { version: { major: 1, minor: 16, text: '1.16.1' } };

test('is taken from PATH, or by its name, where root runs this', async () => {
  expect(await findJailer(VERSION, { PATH: directory }, 0)).toBe(path);
  expect(await findJailer(VERSION, { PATH: '/nowhere', DEWAR_JAILER: path }, 0)).toBe(path);
});

test('is not taken where it is not there, not wished, or of no use', async () => {
  expect(await findJailer(VERSION, { PATH: '/nowhere' }, 0)).toBeUndefined();
  expect(await findJailer(VERSION, { PATH: directory, DEWAR_JAILER: 'no' }, 0)).toBeUndefined();
  expect(await findJailer(VERSION, { PATH: directory }, 1000)).toBeUndefined();
});

test('that of another Firecracker is an error, as is none where one is named', async () => {
  const other = { version: { major: 1, minor: 17, text: '1.17.0' } };
  await expect(findJailer(other, { PATH: directory }, 0)).rejects.toMatchObject({
    code: 'JAILER_UNFIT',
    message: `${path} is the jailer of Firecracker 1.16.1, and Firecracker is 1.17.0`,
  });
  await expect(findJailer(VERSION, { DEWAR_JAILER: '/nowhere/jailer' }, 0)).rejects.toMatchObject({
    code: 'JAILER_UNFIT',
  });
});
