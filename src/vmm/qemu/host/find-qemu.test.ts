import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findQemu, isAtLeast, parseQemuVersion } from './find-qemu.ts';

test.each([
  [
    'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright',
    { major: 7, minor: 2, text: '7.2.22 (Debian 1:7.2+dfsg-7)' },
  ],
  ['QEMU emulator version 10.0.2\n', { major: 10, minor: 0, text: '10.0.2' }],
  ['qemu-img version 7.2', undefined],
])('reads a version: %j', (output, expected) => {
  expect(parseQemuVersion(output)).toEqual(expected);
});

test('compares versions by their numbers', () => {
  expect(isAtLeast({ major: 10, minor: 0 }, 8, 2)).toBe(true);
  expect(isAtLeast({ major: 8, minor: 2 }, 8, 2)).toBe(true);
  expect(isAtLeast({ major: 7, minor: 10 }, 8, 2)).toBe(false);
});

describe('finding QEMU', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'dewar-find-qemu-')));
  });
  afterAll(() => rm(directory, { recursive: true }));

  /** A program that only says a version. */
  async function program(name: string, output: string): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, `#!/bin/sh\necho '${output}'\n`);
    await chmod(path, 0o755);
    return path;
  }

  test('takes the first one on PATH', async () => {
    const path = await program('qemu-system-x86_64', 'QEMU emulator version 9.1.0');
    const found = await findQemu({ PATH: `/nowhere:${directory}:/usr/bin` });
    expect(found).toMatchObject({ path, version: { major: 9, minor: 1, text: '9.1.0' } });
  });

  test.each([
    ['QEMU emulator version 6.2.0', 'QEMU_TOO_OLD'],
    ['hello', 'QEMU_BROKEN'],
  ])('refuses one that says %j', async (output, code) => {
    const path = await program('other', output);
    await expect(findQemu({ DEWAR_QEMU: path })).rejects.toMatchObject({ code });
  });

  test.each([
    { PATH: '/nowhere' },
    {},
    { DEWAR_QEMU: '/nowhere/qemu' },
    { DEWAR_QEMU: 'qemu-system-x86_64' },
  ])('says that there is none: %j', async (env) => {
    await expect(findQemu(env as Record<string, string>)).rejects.toMatchObject({
      code: 'QEMU_MISSING',
      mend: expect.stringContaining('apt-get install qemu-system-x86'),
    });
  });
});
