import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTar } from './read-tar.ts';
import { runCommand } from './run-command.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function pack(...args: string[]): Promise<Buffer> {
  return (await runCommand('tar', ['--create', '--file=-', ...args], { cwd: directory })).stdout;
}

test('files of any size and name come as they are', async () => {
  const files: Record<string, string> = {
    a: '',
    'with space': 'x'.repeat(511),
    'line\nbreak': 'x'.repeat(512),
    ünïcode: 'x'.repeat(513),
    [`long${'/directory'.repeat(20)}/${'n'.repeat(200)}`]: 'deep',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  await mkdir(join(directory, 'empty'));
  await symlink(`a${'/x'.repeat(100)}`, join(directory, 'link'));
  const members = readTar(
    await pack('--format=gnu', '--no-recursion', 'link', 'empty', ...Object.keys(files)),
  );
  if (typeof members === 'string') throw new Error(members);
  expect(members.map(({ name, kind }) => [name.toString(), kind])).toEqual([
    ['link', 'other'],
    ['empty/', 'directory'],
    ...Object.keys(files).map((name) => [name, 'file']),
  ]);
  expect(members.slice(2).map(({ content }) => content.toString())).toEqual(Object.values(files));
});

test('what is cut off, changed or of another form is none', async () => {
  await writeFile(join(directory, 'a'), 'x'.repeat(600));
  const whole = await pack('--format=gnu', 'a');
  for (const length of [0, 100, 512, 600, 1024, 1536])
    expect(readTar(whole.subarray(0, length))).toBeTypeOf('string');
  const changed = Buffer.from(whole);
  changed[0] = 'b'.charCodeAt(0);
  expect(readTar(changed)).toBe('a header is damaged');
  expect(readTar(await pack('--format=pax', 'a'))).toBe('a header is not of GNU tar');
});
