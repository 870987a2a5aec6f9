import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { holdLockElsewhere } from '../support/lock-holder.ts';
import { snapshotSandbox, WORKSPACE } from '../support/snapshot-sandbox.ts';
import type { SnapshotSandbox } from '../support/snapshot-sandbox.ts';

/** What consume gets ready before it knows whether it needs it: docs/decisions/017-got-ready-beside.md */
let repository: TestRepository;
let sandbox: SnapshotSandbox;
const commits: Record<string, string> = {};

beforeAll(async () => {
  repository = await testRepository();
  sandbox = await snapshotSandbox(repository);
  const base = await repository.commit({ ...WORKSPACE, 'unused.bzl': '' });
  for (const [name, files] of Object.entries({
    source: { 'a/in.txt': '2\n' },
    added: { 'b/new.txt': 'x\n' },
    build: { 'b/BUILD.bazel': `${WORKSPACE['b/BUILD.bazel']}filegroup(name = "more")\n` },
    unused: { 'unused.bzl': 'ONE = 1\n' },
  })) {
    await repository.git('checkout', '--quiet', '-B', name, base);
    commits[name] = await repository.commit(files);
  }
  const recorded = await sandbox.record(base);
  if (recorded.exitCode !== 0) throw new Error(recorded.stderr);
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await repository[Symbol.asyncDispose]();
});

test('waits for no machine that it does not need, even if it seemed to need one', async () => {
  const [slots] = await readdir(join(sandbox.cache, 'local'));
  const [slot] = await sandbox.slots();
  const other = await holdLockElsewhere(join(sandbox.cache, 'local', slots!, slot!, 'lock'));
  try {
    for (const [name, impacted] of [
      ['source', ['//a:g', '//a:g.out', '//a:in.txt', '//b:all']],
      ['unused', []],
    ] as const) {
      const consumed = await sandbox.consume(commits[name]!, '--tier', 'graph', '--deadline', '60');
      expect(consumed.report.tier).toBe('graph');
      expect(consumed.impacted?.toSorted()).toEqual(impacted);
    }
  } finally {
    await other.kill();
  }
  // What was begun for nothing is no hindrance later.
  const { report, impacted } = await sandbox.consume(commits['unused']!, '--tier', 'partial');
  expect(report.tier).toBe('partial');
  expect(impacted).toEqual([]);
});

test('two consumes at once that ask for packages take turns', async () => {
  const other = sandbox.consumeArgs(commits['added']!).map((arg) => (arg === 'thawed' ? 'graph' : arg));
  const args = other.map((arg) =>
    arg === join(sandbox.directory, 'out') ? join(sandbox.directory, 'out2') : arg,
  );
  const [one, two] = await Promise.all([
    sandbox.consume(commits['build']!, '--tier', 'graph'),
    sandbox.dewar([...args, '--json', '-']),
  ]);
  expect(one.report.tier).toBe('partial');
  expect(one.impacted?.toSorted()).toEqual(['//b:BUILD.bazel', '//b:more']);
  expect(JSON.parse(two.stdout)).toMatchObject({ tier: 'partial', impacted: 2 });
  expect(await readFile(join(sandbox.directory, 'out2'), 'utf8')).toBe('//b:all\n//b:new.txt\n');
});

test('a server of its own, where a record has made one, starts fast and stays', async () => {
  const [slots] = await readdir(join(sandbox.cache, 'local'));
  const [slot] = await sandbox.slots();
  const own = join(sandbox.cache, 'local', slots!, slot!, 'server/packages_base');
  // As after a record of a large graph.
  await mkdir(own);
  for (const pid of await sandbox.servers()) process.kill(Number(pid), 'SIGKILL');
  const started: string[] = [];
  for (const name of ['build', 'added']) {
    const { report } = await sandbox.consume(commits[name]!, '--tier', 'graph');
    expect(report.tier).toBe('partial');
    started.push(...(await sandbox.servers()));
  }
  expect(new Set(started).size).toBe(1);
  const command = await readFile(`/proc/${started[0]}/cmdline`, 'utf8');
  expect(command).toContain('-XX:TieredStopAtLevel=1');
  expect(command).toContain(`--output_base=${own}`);
});
