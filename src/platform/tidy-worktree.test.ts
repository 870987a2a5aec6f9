import { execa } from 'execa';
import { chmod, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GIT_TEST_ENV, temporaryDirectory, testRepository } from '../../test/support/git-repository.ts';
import type { TestRepository } from '../../test/support/git-repository.ts';
import { openRepository } from './git-repository.ts';
import type { Repository } from './git-repository.ts';
import { addWorktree, checkOut, rememberWorktree } from './git-worktree.ts';

const SEED = Number(process.env['DEWAR_TIDY_SEED'] ?? Date.now() % 1_000_000);
const ROUNDS = Number(process.env['DEWAR_TIDY_ROUNDS'] ?? 15);
/** Longer than times of change are too young to say anything. */
const AGE_MS = 300;
/** Smaller work trees are not remembered: the size of the index counts. */
const DIRECTORIES = 300;
const LONG = 'x'.repeat(150);

let source: TestRepository;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let repository: Repository;
let tree = '';
let gitDir = '';
let commits: string[] = [];

beforeAll(async () => {
  source = await testRepository();
  directory = await temporaryDirectory();
  const many = Array.from({ length: DIRECTORIES * 20 }, (_, at) => [
    `d${at % 10}/s ${at % DIRECTORIES}/f${at}${at < DIRECTORIES ? '' : LONG}`,
    `${at}`,
  ]);
  const more = { 'only/one/deep/file': '1', top: '1', '.gitignore': '*.ignored\n', 'd1/t': '1', 'ü/x': '1' };
  const base = await source.commit({ ...Object.fromEntries(many), ...more });
  const edited = await source.commit({ 'd0/s 0/f0': 'x', top: '2' });
  const gone = await source.commit({
    'only/one/deep/file': undefined,
    'new/er/file': '1',
    'd1/t': undefined,
  });
  const turned = await source.commit({ 'd1/t/inside': '1', 'new/er/file': undefined, 'new/er2': '2' });
  const back = await source.commit({ 'd1/t/inside': undefined, 'only/one': 'a file', 'new/er2': undefined });
  commits = [base, edited, gone, turned, back];
  repository = await openRepository(source.path, { env: GIT_TEST_ENV });
  tree = join(directory.path, 'tree');
  await addWorktree(repository, tree, base);
  await checkOut(repository, tree, base, { remembers: true });
  gitDir = (await readFile(join(tree, '.git'), 'utf8')).slice('gitdir: '.length).trim();
  await sleep(AGE_MS);
  await rememberWorktree(repository, tree);
}, 120_000);

afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const git = async (...args: string[]): Promise<string> =>
  (await execa('git', args, { cwd: tree, env: GIT_TEST_ENV, extendEnv: false })).stdout;
const remembered = async (): Promise<number> => (await stat(join(gitDir, 'dewar-stamps'))).mtimeMs;

/** @returns all that is not as the commit has it: changed, missing, untracked and ignored files, empty directories */
async function wrong(commit: string): Promise<string[]> {
  // By itself it would write the index, which makes void what is remembered.
  const files = await git(
    '--no-optional-locks',
    'status',
    '--porcelain',
    '--ignored',
    '--untracked-files=all',
  );
  const empty = await execa('find', ['.', '-type', 'd', '-empty'], { cwd: tree });
  const head = await git('rev-parse', 'HEAD');
  return [...files.split('\n'), ...empty.stdout.split('\n'), ...(head === commit ? [] : [head])].filter(
    (line) => line !== '',
  );
}

test('where nothing has changed nothing is looked at, or written down anew', async () => {
  const [base = ''] = commits;
  const before = await remembered();
  await checkOut(repository, tree, base, { remembers: true });
  await checkOut(repository, tree, base, { remembers: true });
  expect([await remembered(), await wrong(base)]).toEqual([before, []]);
});

test('what is remembered is that of the index: another git, or a run that was killed, makes it void', async () => {
  const [base = '', edited = ''] = commits;
  const mark = join(gitDir, 'dewar-stamps-of');
  const before = await readFile(mark, 'utf8');
  await git('checkout', '--quiet', edited);
  await mkdir(join(tree, 'd5/junk'));
  await checkOut(repository, tree, base, { remembers: true });
  expect(await wrong(base)).toEqual([]);
  expect(await readFile(mark, 'utf8')).not.toBe(before);
  const stop = new AbortController();
  await expect(
    checkOut(repository, tree, edited, {
      remembers: true,
      signal: stop.signal,
      onUnderWay: () => stop.abort(),
    }),
  ).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect(stat(mark)).rejects.toMatchObject({ code: 'ENOENT' });
  await checkOut(repository, tree, base, { remembers: true });
  expect(await wrong(base)).toEqual([]);
});

test('directories whose last file went with the commit go, also where there is something else in them', async () => {
  const [base = '', , gone = ''] = commits;
  await checkOut(repository, tree, base, { remembers: true });
  await sleep(AGE_MS);
  await checkOut(repository, tree, base, { remembers: true });
  await writeFile(join(tree, 'only/one/deep/more'), '');
  await checkOut(repository, tree, gone, { remembers: true });
  expect(await wrong(gone)).toEqual([]);
  await checkOut(repository, tree, base, { remembers: true });
  await sleep(AGE_MS);
  await checkOut(repository, tree, base, { remembers: true });
  await rm(join(tree, 'only/one/deep/file'));
  await checkOut(repository, tree, gone, { remembers: true });
  expect(await wrong(gone)).toEqual([]);
});

/** What may happen to a work tree. Places need not be there. */
const MISCHIEF: readonly ((path: (...names: string[]) => string) => Promise<unknown>)[] = [
  (path) => writeFile(path('d3/s 3/untracked'), ''),
  (path) => writeFile(path('x.ignored'), ''),
  (path) => writeFile(path('d4/s 4/x.ignored'), ''),
  (path) => mkdir(path('d5/s 5/a/b/c'), { recursive: true }),
  (path) => mkdir(path('empty')),
  (path) => rm(path('only'), { recursive: true }),
  (path) => rm(path('d6/s 6'), { recursive: true }),
  (path) => writeFile(path('d7/s 7/f7'), 'changed'),
  (path) => rm(path('top')).then(() => mkdir(path('top/below'), { recursive: true })),
  (path) => rename(path('d8/s 8'), path('d8/moved')),
  (path) => rm(path('d9'), { recursive: true }).then(() => symlink('d8', path('d9'))),
  (path) => rm(path('ü'), { recursive: true }).then(() => symlink('..', path('ü'))),
  (path) => chmod(path('d2/s 2'), 0o700),
  (path) => writeFile(path('only/one/deep/more'), ''),
  (path) => rm(path('only/one/deep/file')),
  (path) => writeFile(path('d1/t.new'), '').then(() => rename(path('d1/t.new'), path('d1/t'))),
  (path) => mkdir(path('new/er/junk'), { recursive: true }),
  (path) => execa('git', ['init', '--quiet', path('d0/nested')], { env: GIT_TEST_ENV, extendEnv: false }),
  (path) => writeFile(Buffer.from(`${path('d0')}/\u00ff`, 'latin1'), ''),
];

test(
  `whatever happened, the tree is exactly the commit, seed ${SEED}`,
  async () => {
    let state = SEED;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    for (let round = 0; round < ROUNDS; round++) {
      const done = Array.from({ length: random(4) }, () => random(MISCHIEF.length));
      for (const one of done)
        await MISCHIEF[one]?.((...names) => join(tree, ...names)).catch(() => undefined);
      const commit = commits[random(commits.length)] ?? '';
      const before = await git('rev-parse', 'HEAD');
      await checkOut(repository, tree, commit, { remembers: true });
      expect({ round, done, before, commit, wrong: await wrong(commit) }).toEqual({
        round,
        done,
        before,
        commit,
        wrong: [],
      });
    }
  },
  ROUNDS * 20_000,
);
