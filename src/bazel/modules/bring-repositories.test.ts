import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { thisHost } from '../../platform/command-host.ts';
import { bringRepositories } from './bring-repositories.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  for (const name of ['a', 'b']) {
    await mkdir(join(directory, name, 'pkg'), { recursive: true });
    await writeFile(join(directory, name, 'pkg/x.txt'), `x of ${name}`);
    await writeFile(join(directory, name, 'pkg/unasked.txt'), '');
  }
});

afterEach(() => rm(directory, { recursive: true, force: true }));

test('brings the files of the labels, and nothing of other repositories', async () => {
  const roots = new Map([['a', join(directory, 'a')]]);
  const labels = ['@a//pkg:x.txt', '@a//pkg:none.txt', '@b//pkg:x.txt'];
  let left: string;
  {
    await using brought = await bringRepositories(thisHost, labels, roots, {});
    left = brought.roots.get('a') ?? '';
    expect([...brought.roots.keys()]).toEqual(['a']);
    expect(await readdir(join(left, 'pkg'))).toEqual(['x.txt']);
    expect(await readFile(join(left, 'pkg/x.txt'), 'utf8')).toBe('x of a');
  }
  await expect(readdir(left)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each(['@a//../b:pkg/x.txt', '@a//pkg:../../b/pkg/x.txt', '@a//pkg:.', '@a//pkg:./x.txt'])(
  'a label that leaves its repository is refused: %s',
  async (label) => {
    const roots = new Map([['a', join(directory, 'a')]]);
    const brought = bringRepositories(thisHost, [label], roots, {});
    await expect(brought).rejects.toMatchObject({ code: 'UNREADABLE' });
  },
);
