import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readGraphIndex } from '../../src/bazel/graph/graph-index.ts';
import { formatManifest, parseManifest } from '../../src/snapshot/manifest.ts';
import { bazel } from '../support/bazel.ts';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { snapshotSandbox, WORKSPACE } from '../support/snapshot-sandbox.ts';
import type { Outcome, SnapshotSandbox } from '../support/snapshot-sandbox.ts';

let repository: TestRepository;
let sandbox: SnapshotSandbox;
let base = '';
let index = '';

beforeAll(async () => {
  repository = await testRepository();
  sandbox = await snapshotSandbox(repository);
  base = await repository.commit({
    ...WORKSPACE,
    '.gitignore': 'bazel-*\n*.log\n',
    // A startup option of the command line would be a part of the fingerprint.
    '.bazelrc': `startup --output_base=${join(sandbox.cache, 'output_base')}\n`,
  });
  index = join(sandbox.directory, 'graph.idx');
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await repository[Symbol.asyncDispose]();
});

test('is as good as the one that record writes', async () => {
  const written = await generate(bazel());
  // Bazel writes it where there is none.
  await rm(join(repository.path, 'MODULE.bazel.lock'), { force: true });
  expect(written).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"//a:g"') as string });
  using opened = await readGraphIndex(index);
  expect(opened.identity.commit).toBe(base);
  const recorded = await sandbox.record(base, '--json');
  const { bundle } = JSON.parse(recorded.stdout) as { bundle: string };
  const path = join(bundle, 'manifest.json');
  const parsed = parseManifest(await readFile(path, 'utf8'));
  if (!('manifest' in parsed)) throw new Error(parsed.why);
  expect(opened.identity.fingerprint).toBe(parsed.manifest.fingerprint);
  const bytes = await readFile(index);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const files = { ...parsed.manifest.files, 'graph.idx': { sha256, size: bytes.length } };
  await writeFile(join(bundle, 'graph.idx'), bytes);
  await writeFile(path, formatManifest({ ...parsed.manifest, files }));
  const target = await repository.commit({ 'a/in.txt': '2\n' });
  const { report, impacted } = await sandbox.consume(target, '--tier', 'graph');
  expect(report.tier).toBe('graph');
  expect(impacted?.toSorted()).toEqual(['//a:g', '//a:g.out', '//a:in.txt', '//b:all']);
});

describe('is refused before Bazel is asked', () => {
  test.each([
    ['a changed file', 'a/in.txt', ' M a/in.txt'],
    ['a file that git does not know', 'b/new.txt', '?? b/new.txt'],
    ['a file that git ignores', 'b/made.log', '!! b/made.log'],
  ])('with %s in the work tree', async (_, path, shown) => {
    const file = join(repository.path, path);
    const before = await readFile(file).catch(() => undefined);
    await writeFile(file, 'other\n');
    const refused = await generate('/nonexistent/bazel');
    await (before === undefined ? rm(file) : writeFile(file, before));
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain('error GRAPH_INDEX_IMPOSSIBLE: no graph index can be written to ');
    expect(refused.stderr).toContain(`(as git status prints it: ${shown})`);
  });

  test('with a change that git was told not to look for', async () => {
    const file = join(repository.path, 'a/in.txt');
    await repository.git('update-index', '--assume-unchanged', 'a/in.txt');
    const before = await readFile(file);
    await writeFile(file, 'other\n');
    const refused = await generate('/nonexistent/bazel');
    await writeFile(file, before);
    await repository.git('update-index', '--no-assume-unchanged', 'a/in.txt');
    expect(refused.stderr).toContain('(as git status prints it:  M a/in.txt)');
  });

  test.each([
    [['--useCquery'], 'cquery'],
    [['-co', '--lockfile_mode=off'], '--lockfile_mode'],
  ])('with %j', async (flags, why) => {
    const refused = await generate('/nonexistent/bazel', ...flags);
    expect(refused.stderr).toContain('error GRAPH_INDEX_IMPOSSIBLE');
    expect(refused.stderr).toContain(why);
  });

  test('outside of git', async () => {
    const workspace = join(sandbox.directory, 'plain');
    await mkdir(workspace);
    await writeFile(join(workspace, 'MODULE.bazel'), '');
    const args = ['bazel', 'generate-hashes', '-w', workspace, '--graph-index', index];
    const refused = await sandbox.dewar(args);
    expect(refused.stderr).toMatch(/error GRAPH_INDEX_IMPOSSIBLE: .* is not inside a git work tree/);
  });
});

function generate(program: string, ...flags: string[]): Promise<Outcome> {
  const args = ['-w', repository.path, '-b', program, '--graph-index', index, ...flags];
  return sandbox.dewar(['bazel', 'generate-hashes', ...args]);
}
