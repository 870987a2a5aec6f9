import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commitPlans } from './commit-plans.ts';
import { generateProject } from './generate-project.ts';
import type { GeneratedProject } from './generate-project.ts';

const spec = { packages: 12, targetsPerPackage: 10, layers: 3, seed: 1 };
let scratch: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'dewar-generate-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

test('the same spec gives the same commits, whatever git settings the user has', async () => {
  const plain = await generate('plain');
  const home = join(scratch, 'home');
  await mkdir(join(home, 'hooks'), { recursive: true });
  await writeFile(join(home, 'hooks', 'post-checkout'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await writeFile(
    join(home, '.gitconfig'),
    `[core]\nautocrlf = true\nhooksPath = ${home}/hooks\n[init]\ndefaultBranch = trunk\ntemplateDir = ${home}/none\n` +
      '[commit]\ngpgSign = true\n[gpg]\nprogram = /bin/false\n[user]\nname = Somebody Else\n',
  );
  const hostile = await generate('hostile', {
    HOME: home,
    GIT_DIR: '/nonexistent',
    GIT_AUTHOR_DATE: '2001-01-01T00:00:00Z',
    GIT_DEFAULT_HASH: 'sha256',
    TZ: 'Asia/Tokyo',
  });
  expect({ ...hostile, out: '' }).toEqual({ ...plain, out: '' });
  expect(hostile.base_sha).toMatch(/^[0-9a-f]{40}$/);
  expect(await readFile(join(hostile.out, 'MODULE.bazel'), 'utf8')).not.toContain('\r');
  expect((await generate('seeded', {}, { ...spec, seed: 2 })).base_sha).not.toBe(plain.base_sha);
});

test('each commit is a child of the base and changes exactly what its plan says; main stays at the base, clean', async () => {
  const project = await generate('project');
  const git = (...args: string[]): string => gitIn(project.out, args);
  expect(git('symbolic-ref', '--short', 'HEAD')).toBe('main');
  expect(git('rev-parse', 'main')).toBe(project.base_sha);
  expect(git('status', '--porcelain', '--ignored')).toBe('');
  git('fsck', '--strict');
  for (const plan of commitPlans(spec)) {
    const sha = { ...project.commits, ...project.extra_commits }[plan.kind];
    expect(git('rev-parse', `bench/${plan.kind}`)).toBe(sha);
    expect(git('rev-parse', `${sha}^`)).toBe(project.base_sha);
    expect(git('diff', '--name-only', project.base_sha, sha).split('\n').toSorted()).toEqual(
      [...plan.writes.map(({ path }) => path), ...plan.removes].toSorted(),
    );
    for (const { path, content } of plan.writes) expect(`${git('show', `${sha}:${path}`)}\n`).toBe(content);
  }
});

test('refuses a directory that holds something, and leaves it as it was', async () => {
  await writeFile(join(scratch, 'mine'), 'x');
  await expect(generateProject(spec, scratch, context())).rejects.toMatchObject({
    code: 'BENCH_OUT_NOT_EMPTY',
  });
  expect(await readdir(scratch)).toEqual(['mine']);
  await expect(generateProject(spec, join(scratch, 'mine'), context())).rejects.toMatchObject({
    code: 'BENCH_OUT_UNUSABLE',
  });
});

test('leaves nothing behind when it is interrupted', async () => {
  const out = join(scratch, 'out');
  const signal = AbortSignal.abort();
  await expect(generateProject(spec, out, { ...context(), signal })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
  expect(await readdir(out)).toEqual([]);
});

async function generate(
  name: string,
  env: Record<string, string> = {},
  sizes: typeof spec = spec,
): Promise<GeneratedProject> {
  return await generateProject(sizes, join(scratch, name), context(env));
}

function context(env: Record<string, string> = {}): { emit: () => void; env: Record<string, string> } {
  return {
    emit: () => undefined,
    env: { PATH: process.env['PATH'] ?? '', HOME: scratch, ...env },
  };
}

function gitIn(cwd: string, args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8' }).trimEnd();
}
