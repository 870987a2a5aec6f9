import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { GIT_TEST_ENV, temporaryDirectory, testRepository } from '../../test/support/git-repository.ts';
import { nearestAncestor } from './git-ancestry.ts';
import { commitFiles } from './git-files.ts';
import { firstParent, hasUncommittedChanges, openRepository, resolveCommit } from './git-repository.ts';
import { resolveSubmoduleUrl } from './git-submodules.ts';
import { addWorktree, checkOut, isWorktree, removeWorktree } from './git-worktree.ts';

const env = GIT_TEST_ENV;

describe('a repository', () => {
  test('is found from a sub-directory, whose name may hold anything', async () => {
    await using repository = await testRepository('with space\nand newline é');
    await repository.commit({ 'a b/ü/file': '1' });
    const opened = await openRepository(join(repository.path, 'a b/ü'), { env });
    expect(opened).toMatchObject({ topLevel: repository.path, prefix: 'a b/ü', shallow: false });
    expect(opened.commonDir).toBe(join(repository.path, '.git'));
  });

  test('is not found where there is none', async () => {
    await using directory = await temporaryDirectory();
    await expect(openRepository(directory.path, { env })).rejects.toMatchObject({
      code: 'NOT_A_GIT_REPOSITORY',
    });
    await expect(openRepository(join(directory.path, 'absent'), { env })).rejects.toMatchObject({
      code: 'NOT_A_GIT_REPOSITORY',
    });
  });

  test('resolves revisions to full names, and refuses what names no commit', async () => {
    await using repository = await testRepository();
    const first = await repository.commit({ a: '1' });
    const second = await repository.commit({ a: '2' });
    const opened = await openRepository(repository.path, { env });
    expect(await resolveCommit(opened, 'HEAD~1')).toBe(first);
    expect(await resolveCommit(opened, second.slice(0, 10))).toBe(second);
    expect(await firstParent(opened, second)).toBe(first);
    expect(await firstParent(opened, first)).toBeUndefined();
    const tree = await repository.git('rev-parse', 'HEAD^{tree}');
    for (const revision of ['nope', '', '--all', '0'.repeat(40), tree, 'a\nb'])
      await expect(resolveCommit(opened, revision)).rejects.toMatchObject({ code: 'UNKNOWN_REVISION' });
  });

  test('tells of uncommitted changes below the directory asked for only', async () => {
    await using repository = await testRepository();
    await repository.commit({ 'a/file': '1\n', 'b/file': '1\n' });
    const [a, b] = await Promise.all(
      ['a', 'b'].map((name) => openRepository(join(repository.path, name), { env })),
    );
    await writeFile(join(repository.path, 'a/file'), '2');
    expect([await hasUncommittedChanges(a!), await hasUncommittedChanges(b!)]).toEqual([true, false]);
    // What the user's settings make of a clean tree is no change.
    await repository.git('checkout', '--quiet', '--force', 'HEAD');
    await repository.git('sparse-checkout', 'set', '--no-cone', '/a/');
    await repository.git('config', 'core.autocrlf', 'true');
    await rm(join(repository.path, 'a/file'));
    await repository.git('checkout', '--quiet', '--force', 'HEAD');
    expect(await hasUncommittedChanges(a!)).toBe(false);
  });

  test('of the caller’s GIT_DIR and index does not matter', async () => {
    await using repository = await testRepository();
    await repository.commit({ a: '1' });
    const confused = { ...env, GIT_DIR: '/nowhere', GIT_INDEX_FILE: '/nowhere/index', GIT_WORK_TREE: '/' };
    expect((await openRepository(repository.path, { env: confused })).topLevel).toBe(repository.path);
  });
});

describe('the files of a commit', () => {
  test('are read as a checkout would show them', async () => {
    await using repository = await testRepository();
    await mkdir(join(repository.path, 'w'));
    await symlink('inner', join(repository.path, 'w/link'));
    await symlink('link', join(repository.path, 'w/chain'));
    await symlink('loop', join(repository.path, 'w/loop'));
    await symlink('../../../out', join(repository.path, 'w/leaves'));
    await symlink('/etc/hostname-that-is-not', join(repository.path, 'w/absent'));
    await symlink('/proc/self/comm', join(repository.path, 'w/absolute'));
    const commit = await repository.commit({
      'w/inner': 'text\n',
      'w/new\nline': 'n',
      'w/ü ': 'u',
      'w/empty': '',
      top: 't',
      'w/dir/x': 'x',
    });
    await repository.commit({ 'w/inner': 'later' });
    const files = commitFiles(await openRepository(join(repository.path, 'w'), { env }), commit);
    const read = async (path: string): Promise<string | undefined> => (await files.read(path))?.toString();
    const kept = { inner: 'text\n', link: 'text\n', chain: 'text\n', 'new\nline': 'n', 'ü ': 'u', empty: '' };
    for (const [path, text] of Object.entries(kept)) expect([path, await read(path)]).toEqual([path, text]);
    expect(await read('../top')).toBe('t');
    expect(await files.list('dir')).toEqual(['x']);
    for (const none of ['nope', 'inner', 'di']) expect(await files.list(none)).toEqual([]);
    expect((await files.list('')).toSorted()).toContain('new\nline');
    expect(await read('absolute')).toMatch(/\S/);
    for (const path of [
      'nope',
      'dir',
      'inner/x',
      'loop',
      'leaves',
      'absent',
      '../../out',
      '/etc/passwd',
      'no\nno',
    ])
      expect([path, await read(path)]).toEqual([path, undefined]);
  });
});

describe('the nearest ancestor', () => {
  test('is the one with the fewest commits between, ties by the smaller name', async () => {
    await using repository = await testRepository();
    const main: string[] = [];
    for (let n = 0; n < 6; n++) main.push(await repository.commit({ main: String(n) }));
    await repository.git('checkout', '--quiet', '-b', 'side', main[2]!);
    const side = await repository.commit({ side: '1' });
    await repository.git('checkout', '--quiet', 'main');
    await repository.git('merge', '--quiet', '--no-edit', 'side');
    const merge = await repository.git('rev-parse', 'HEAD');
    await repository.git('checkout', '--quiet', '-b', 'other', main[1]!);
    const unrelated = await repository.commit({ other: '1' });
    const opened = await openRepository(repository.path, { env });
    const near = async (target: string, ...candidates: string[]): Promise<unknown> =>
      (await nearestAncestor(opened, target, candidates)).nearest;

    expect(await near(merge, ...main)).toBe(main[5]);
    expect(await near(merge, main[1]!, main[2]!)).toBe(main[2]);
    expect(await near(merge, side, main[4]!)).toBe(main[4]);
    expect(await near(merge, side, main[3]!)).toBe(main[3]!);
    expect(await near(merge, side, main[2]!)).toBe(side);
    expect(await near(main[3]!, ...main, side, unrelated)).toBe(main[3]);
    expect(await near(main[0]!, main[1]!, unrelated)).toBeUndefined();
    expect(await near(merge, unrelated, 'f'.repeat(40), '0'.repeat(64))).toBeUndefined();
    expect(await near(merge)).toBeUndefined();
    // Both ends of a symmetric fork are as far away.
    await repository.git('checkout', '--quiet', '-b', 'left', main[5]!);
    const left = await repository.commit({ left: '1' });
    await repository.git('checkout', '--quiet', '-b', 'right', main[5]!);
    const right = await repository.commit({ right: '1' });
    await repository.git('merge', '--quiet', '--no-edit', 'left');
    const both = await repository.git('rev-parse', 'HEAD');
    const smaller = left < right ? left : right;
    expect(await near(both, left, right)).toBe(smaller);
  });

  test('agrees with git rev-list --count for hundreds of candidates', async () => {
    await using repository = await testRepository();
    const commits: string[] = [];
    const stream: string[] = [];
    for (let n = 0; n < 300; n++) {
      stream.push(
        `commit refs/heads/big\ncommitter T <t@example.com> ${1_700_000_000 + n} +0000\ndata 1\nx\n`,
      );
    }
    await execa('git', ['fast-import', '--quiet'], {
      cwd: repository.path,
      env,
      extendEnv: false,
      input: stream.join(''),
    });
    commits.push(...(await repository.git('rev-list', 'big')).split('\n'));
    const opened = await openRepository(repository.path, { env });
    const found = await nearestAncestor(opened, commits[0]!, commits.slice(7));
    expect(found).toEqual({ nearest: commits[7], unknown: false });
  });

  test('is unknown in a shallow clone that does not reach it', async () => {
    await using repository = await testRepository();
    await using clones = await temporaryDirectory();
    const commits: string[] = [];
    for (let n = 0; n < 4; n++) commits.push(await repository.commit({ main: String(n) }));
    const clone = join(clones.path, 'clone');
    await repository.git('clone', '--quiet', '--depth=2', `file://${repository.path}`, clone);
    const opened = await openRepository(clone, { env });
    expect(opened.shallow).toBe(true);
    expect(await nearestAncestor(opened, commits[3]!, [commits[0]!])).toEqual({
      nearest: undefined,
      unknown: true,
    });
    expect((await nearestAncestor(opened, commits[3]!, [commits[0]!, commits[2]!])).nearest).toBe(commits[2]);
    expect((await nearestAncestor(opened, commits[3]!, [])).unknown).toBe(false);
    expect(await firstParent(opened, commits[2]!)).toBeUndefined();
  });
});

describe('a work tree', () => {
  test('holds exactly a commit, whatever was in it, and leaves the user’s tree alone', async () => {
    await using repository = await testRepository();
    await using directory = await temporaryDirectory();
    const first = await repository.commit({
      a: '1\n',
      'dir/b': '1',
      'name\nü': 'x',
      '.gitignore': 'ignored\n',
    });
    const second = await repository.commit({ a: '2\n', 'dir/b': undefined, dir: '2' });
    await repository.git('sparse-checkout', 'set', '--no-cone', 'a');
    await repository.git('config', 'core.autocrlf', 'true');
    await writeFile(join(repository.path, 'a'), 'dirty\n');
    await writeFile(join(repository.path, '.git/hooks/post-checkout'), '#!/bin/sh\ntouch "$0.ran"\n', {
      mode: 0o755,
    });
    const before = await userState(repository.path, repository.git);
    const opened = await openRepository(repository.path, { env });
    const path = join(directory.path, 'slot/worktree');

    await addWorktree(opened, path, first);
    await checkOut(opened, path, first);
    expect(await isWorktree(opened, path)).toBe(true);
    expect(await tree(path)).toEqual(['.gitignore', 'a', 'dir/b', 'name\nü']);
    expect(await readFile(join(path, 'a'), 'utf8')).toBe('1\n');
    await writeFile(join(path, 'a'), 'changed');
    await writeFile(join(path, 'ignored'), 'x');
    await mkdir(join(path, 'nested'));
    await execa('git', ['init', '--quiet', join(path, 'nested')], { env, extendEnv: false });
    const gitDir = (await readFile(join(path, '.git'), 'utf8')).slice('gitdir: '.length).trim();
    await writeFile(join(gitDir, 'index.lock'), '');
    await checkOut(opened, path, second);
    expect(await tree(path)).toEqual(['.gitignore', 'a', 'dir', 'name\nü']);
    expect(await readFile(join(path, 'a'), 'utf8')).toBe('2\n');
    expect(await userState(repository.path, repository.git)).toEqual(before);

    await rm(join(path, '.git'));
    expect(await isWorktree(opened, path)).toBe(false);
    await removeWorktree(opened.commonDir, path, env);
    await removeWorktree(opened.commonDir, path, env);
    expect(await repository.git('worktree', 'list')).not.toContain(directory.path);
    expect(await userState(repository.path, repository.git)).toEqual(before);
  });

  test('has the bytes that the attributes of each commit ask for, also in files that did not change', async () => {
    await using repository = await testRepository();
    await using directory = await temporaryDirectory();
    const plain = await repository.commit({ 'a/x.txt': '1\n' });
    const converted = await repository.commit({ 'a/.gitattributes': '*.txt text eol=crlf\n' });
    const opened = await openRepository(repository.path, { env });
    const path = join(directory.path, 'worktree');
    const text = (): Promise<string> => readFile(join(path, 'a/x.txt'), 'utf8');
    await addWorktree(opened, path, plain);
    await checkOut(opened, path, plain);
    expect(await text()).toBe('1\n');
    await checkOut(opened, path, converted);
    expect(await text()).toBe('1\r\n');
    await checkOut(opened, path, plain);
    expect(await text()).toBe('1\n');
    expect(await tree(path)).toEqual(['a/x.txt']);
    // Killed after git had written the index, and before it had written HEAD.
    await checkOut(opened, path, converted);
    const gitDir = (await readFile(join(path, '.git'), 'utf8')).slice('gitdir: '.length).trim();
    await writeFile(join(gitDir, 'HEAD'), `${plain}\n`);
    await checkOut(opened, path, plain);
    expect(await text()).toBe('1\n');
  });

  test('has its submodules, without a word in the user’s configuration', async () => {
    await using inner = await testRepository();
    await using repository = await testRepository();
    await using directory = await temporaryDirectory();
    await inner.commit({ file: '1' });
    const file = ['-c', 'protocol.file.allow=always'];
    await repository.git(...file, 'submodule', '--quiet', 'add', inner.path, 'sub');
    const first = await repository.commit({ a: '1' });
    await inner.commit({ file: '2' });
    await repository.git(...file, 'submodule', '--quiet', 'update', '--remote');
    const second = await repository.commit({});
    await repository.git('submodule', '--quiet', 'deinit', '--all', '--force');
    const config = await readFile(join(repository.path, '.git/config'), 'utf8');
    const opened = await openRepository(repository.path, { env });
    const path = join(directory.path, 'worktree');
    await addWorktree(opened, path, first);
    for (const [commit, text] of [
      [first, '1'],
      [second, '2'],
      [first, '1'],
    ] as const) {
      await checkOut(opened, path, commit);
      expect(await readFile(join(path, 'sub/file'), 'utf8')).toBe(text);
    }
    expect(await readFile(join(repository.path, '.git/config'), 'utf8')).toBe(config);
    await repository.git('checkout', '--quiet', '--force', first);
    const broken = await repository.commit({
      '.gitmodules': '[submodule "sub"]\n\tpath = sub\n\turl = /nowhere\n',
    });
    const other = join(directory.path, 'other');
    await addWorktree(opened, other, broken);
    await expect(checkOut(opened, other, broken)).rejects.toMatchObject({ code: 'SUBMODULE_FAILED' });
    await removeWorktree(opened.commonDir, path, env);
    expect(await readdir(join(repository.path, '.git/worktrees'))).toEqual(['other']);
  });

  test('knows relative submodule URLs as git does', () => {
    expect(resolveSubmoduleUrl('https://host/a/b.git', '../c.git')).toBe('https://host/a/c.git');
    expect(resolveSubmoduleUrl('git@host:a/b', '../../c')).toBe('git@host:c');
    expect(resolveSubmoduleUrl('/r/a/', './sub')).toBe('/r/a/sub');
    expect(resolveSubmoduleUrl('/r/a', 'https://x/y')).toBe('https://x/y');
  });
});

async function tree(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== '.git')
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .toSorted();
}

async function userState(path: string, git: (...args: string[]) => Promise<string>): Promise<unknown> {
  return {
    head: await readFile(join(path, '.git/HEAD'), 'utf8'),
    index: (await readFile(join(path, '.git/index'))).toString('base64'),
    config: await readFile(join(path, '.git/config'), 'utf8'),
    hooks: await readdir(join(path, '.git/hooks')),
    refs: await git('for-each-ref'),
    tree: await tree(path).then((all) => all.filter((name) => !name.startsWith('.git/'))),
    file: await readFile(join(path, 'a'), 'utf8'),
  };
}
