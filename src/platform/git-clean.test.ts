import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GIT_TEST_ENV, temporaryDirectory, testRepository } from '../../test/support/git-repository.ts';
import { cleanWorktree, planClean } from './git-clean.ts';

const env = GIT_TEST_ENV;
const bytes = (...names: string[]): Buffer[] => names.map((name) => Buffer.from(name));

test('a tree is divided by what lies at its top', () => {
  expect(planClean(bytes('.git', 'c', 'a', 'b', ' ü'), 2)).toEqual([
    [' ü', 'b'],
    ['a', 'c'],
  ]);
  expect(planClean(bytes('a', 'b'), 4)).toEqual([['a'], ['b']]);
});

test('a tree is not divided where names cannot be given, or dividing is of no use', () => {
  const whole = [[]];
  expect(planClean(bytes('a', 'b'), 1)).toEqual(whole);
  expect(planClean(bytes('.git', 'a'), 4)).toEqual(whole);
  expect(planClean(bytes('.git'), 4)).toEqual(whole);
  expect(planClean([Buffer.from('a'), Buffer.from([0xff])], 4)).toEqual(whole);
  expect(planClean(bytes(...Array.from({ length: 1001 }, (_, at) => `f${at}`)), 4)).toEqual(whole);
});

/** What may lie about in a work tree, by where. */
const PLACES = [
  't',
  't/u',
  't/gone',
  'd',
  'd/e',
  'd/e/f',
  'x',
  'x/y',
  'x/y/z',
  'link',
  'spa ce',
  '*',
  '-q',
  ':(x)',
];
const junkArbitrary = fc.dictionary(
  fc.constantFrom(...PLACES),
  fc.constantFrom('file', 'ignored', 'empty', 'nested', 'link', 'absent'),
);

test('parts of a tree that are cleaned one by one are clean as a whole', async () => {
  await using repository = await testRepository();
  await using directory = await temporaryDirectory();
  await repository.commit({ 't/u/v': '1', 't/gone/w': '1', 'd/e': '1', '.gitignore': '*.o\n', 'a.txt': '1' });
  const [whole, divided] = [join(directory.path, 'whole'), join(directory.path, 'divided')];
  let removed = 0;
  await fc.assert(
    fc.asyncProperty(junkArbitrary, fc.integer({ min: 2, max: 4 }), async (junk, most) => {
      for (const path of [whole, divided]) {
        await rm(path, { recursive: true, force: true });
        await cp(repository.path, path, { recursive: true });
        for (const [place, kind] of Object.entries(junk)) await litter(path, place, kind);
      }
      const before = await everything(whole);
      await clean(whole);
      const parts = planClean(await readdir(divided, { encoding: 'buffer' }), most);
      await Promise.all(parts.map((names) => clean(divided, ...names)));
      const after = await everything(whole);
      removed += before.length - after.length;
      expect(await everything(divided)).toEqual(after);
    }),
    { numRuns: 15 },
  );
  // Else the test would show nothing.
  expect(removed).toBeGreaterThan(40);
});

test('a large tree is cleaned by several runs of git', async () => {
  await using repository = await testRepository();
  const long = 'n'.repeat(230);
  const files = Array.from({ length: 4000 }, (_, at) => [`dir${at % 5}/${long}${at}`, ''] as const);
  await repository.commit(Object.fromEntries(files));
  const trace = join(repository.path, '.git/trace');
  const clean = (path: string): ReturnType<typeof cleanWorktree> =>
    cleanWorktree(path, join(repository.path, '.git'), { env: { ...env, GIT_TRACE: trace } });
  await litter(repository.path, 'dir1/new/x', 'file');
  await litter(repository.path, 'top', 'nested');
  expect((await clean(repository.path)).exitCode).toBe(0);
  const runs = (await readFile(trace, 'utf8')).match(/built-in: git clean/g);
  expect(runs?.length).toBeGreaterThan(1);
  expect(await repository.git('status', '--porcelain', '--ignored')).toBe('');
  expect((await clean(join(repository.path, '.git'))).exitCode).not.toBe(0);
});

async function litter(root: string, place: string, kind: string): Promise<void> {
  const path = join(root, place);
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
  if (kind === 'absent') return;
  try {
    await mkdir(dirname(path), { recursive: true });
    if (kind === 'link') await symlink('t', path);
    else if (kind === 'empty') await mkdir(path, { recursive: true });
    else if (kind === 'nested') {
      await mkdir(path, { recursive: true });
      await execa('git', ['init', '--quiet', path], { env, extendEnv: false });
      await writeFile(join(path, 'inside'), '');
    } else await writeFile(kind === 'ignored' ? `${path}.o` : path, 'junk');
  } catch (error) {
    // Other litter is in the way.
    if (!/^E(?:NOTDIR|NOENT|EXIST|ISDIR|LOOP)$/.test((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}

async function everything(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => [
      join(entry.parentPath, entry.name).slice(path.length + 1),
      entry.isDirectory(),
      entry.isSymbolicLink(),
    ])
    .filter(([name]) => !/^\.git(?:\/|$)/.test(String(name)))
    .map(String)
    .toSorted();
}

function clean(path: string, ...names: string[]): Promise<unknown> {
  return execa('git', ['--literal-pathspecs', 'clean', '-ffdx', '--quiet', '--', ...names], {
    cwd: path,
    env,
    extendEnv: false,
  });
}
