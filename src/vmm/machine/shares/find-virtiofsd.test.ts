import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findVirtiofsd } from './find-virtiofsd.ts';

/** A program that prints such a help, as the two of that name do. */
async function program(help: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-virtiofsd-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'virtiofsd');
  await writeFile(path, `#!/bin/sh\necho '${help}'\n`);
  await chmod(path, 0o755);
  return path;
}

test.each([
  ['rust', '--shared-dir <DIR> --socket-path <PATH>', { translates: false, announces: false }],
  [
    'rust',
    '--shared-dir <DIR> --socket-path <PATH> --no-announce-submounts --translate-uid <MAP>',
    { translates: true, announces: true },
  ],
  ['c', '--socket-path=PATH', { translates: false, announces: false }],
])('tells the %s one, and what it can, by its options', async (kind, help, abilities) => {
  const path = await program(help);
  expect(await findVirtiofsd({ DEWAR_VIRTIOFSD: path })).toEqual({ path, kind, ...abilities });
});

test.each([['something else'], ['']])('refuses what is none: %s', async (help) => {
  const path = help === '' ? 'virtiofsd' : await program(help);
  await expect(findVirtiofsd({ DEWAR_VIRTIOFSD: path })).rejects.toMatchObject({
    code: 'VIRTIOFSD_MISSING',
    message: expect.stringContaining(`DEWAR_VIRTIOFSD=${path}`),
    mend: expect.stringContaining('apt-get install virtiofsd'),
  });
});
