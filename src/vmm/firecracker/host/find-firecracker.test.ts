import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findFirecracker, isTried, parseFirecrackerVersion } from './find-firecracker.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-fc-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function program(name: string, says: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `#!/bin/sh\nprintf '%b' '${says}'\n`);
  await chmod(path, 0o755);
  return path;
}

test('reads what Firecracker prints', () => {
  expect(parseFirecrackerVersion('Firecracker v1.16.1\n\n')).toEqual({ major: 1, minor: 16, text: '1.16.1' });
  expect(parseFirecrackerVersion('Firecracker v1.17.0-dev\n')).toEqual({
    major: 1,
    minor: 17,
    text: '1.17.0-dev',
  });
  expect(parseFirecrackerVersion('QEMU emulator version 10.0')).toBeUndefined();
});

test('knows which versions were tried', () => {
  const versions = [11, 12, 17, 18].map((minor) => ({ major: 1, minor, text: '' }));
  expect([...versions, { major: 2, minor: 12, text: '' }].map((version) => isTried(version))).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
});

test('finds it on PATH, and by DEWAR_FIRECRACKER', async () => {
  const path = await program('firecracker', 'Firecracker v1.16.1\\n');
  const other = await program('fc', 'Firecracker v1.30.0\\n');
  expect(await findFirecracker({ PATH: `relative:${directory}` })).toMatchObject({ path });
  expect(await findFirecracker({ PATH: directory, DEWAR_FIRECRACKER: other })).toMatchObject({
    path: other,
    version: { minor: 30 },
  });
});

test.each([
  ['nothing on PATH', { PATH: '/nowhere' }, 'FIRECRACKER_MISSING'],
  ['a relative path', { DEWAR_FIRECRACKER: 'firecracker' }, 'FIRECRACKER_MISSING'],
])('refuses %s', async (_, env, code) => {
  await expect(findFirecracker(env)).rejects.toMatchObject({ code });
});

test.each([
  ['Firecracker v1.11.0\\n', 'FIRECRACKER_UNKNOWN'],
  ['Firecracker v2.0.0\\n', 'FIRECRACKER_UNKNOWN'],
  ['something else\\n', 'FIRECRACKER_BROKEN'],
])('refuses one that says %s', async (says, code) => {
  const path = await program('firecracker', says);
  await expect(findFirecracker({ DEWAR_FIRECRACKER: path })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(path),
  });
});
