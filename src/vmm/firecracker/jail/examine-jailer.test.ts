import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { examineJailer } from './examine-jailer.ts';

const FIRECRACKER = { version: { major: 1, minor: 16, text: '1.16.1' } };

/** @returns a directory that has the jailer of such a version */
async function jailerOf(version: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-jailer-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'jailer');
  await writeFile(path, `#!/bin/sh\necho Jailer v${version}\n`);
  await chmod(path, 0o755);
  return directory;
}

test('root has the jailer of his Firecracker', async () => {
  const directory = await jailerOf('1.16.1');
  const path = join(directory, 'jailer');
  expect(await examineJailer(FIRECRACKER, { PATH: directory }, 0)).toEqual({ path, version: '1.16.1' });
});

test('root has none where it is not there, or not wished', async () => {
  expect(await examineJailer(FIRECRACKER, { PATH: '/nowhere' }, 0)).toEqual({
    why: 'there is no jailer on PATH',
    mend: expect.stringMatching(/came with Firecracker 1\.16\.1 .*DEWAR_JAILER/),
  });
  const PATH = await jailerOf('1.16.1');
  expect(await examineJailer(FIRECRACKER, { PATH, DEWAR_JAILER: 'no' }, 0)).toEqual({
    why: 'DEWAR_JAILER=no',
    mend: 'unset DEWAR_JAILER',
  });
});

test('that of another Firecracker is an error', async () => {
  const PATH = await jailerOf('1.15.0');
  await expect(examineJailer(FIRECRACKER, { PATH }, 0)).rejects.toMatchObject({
    code: 'JAILER_UNFIT',
    message: expect.stringMatching(/jailer of Firecracker 1\.15\.0, and Firecracker is 1\.16\.1$/),
  });
});

test('nobody else can have one', async () => {
  const PATH = await jailerOf('1.15.0');
  expect(await examineJailer(FIRECRACKER, { PATH }, 1000)).toBeUndefined();
});
