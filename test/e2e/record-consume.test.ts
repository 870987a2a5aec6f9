import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bazel4 } from '../support/bazel.ts';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { recordedCommits } from '../support/recorded-commits.ts';
import { trapBazel } from '../support/trap-bazel.ts';
import { userState } from '../support/user-state.ts';
import { snapshotSandbox } from '../support/snapshot-sandbox.ts';
import type { SnapshotSandbox } from '../support/snapshot-sandbox.ts';

let repository: TestRepository;
let sandbox: SnapshotSandbox;
let commits: Record<string, string> = {};
let bundle = '';

beforeAll(async () => {
  repository = await testRepository();
  sandbox = await snapshotSandbox(repository);
  commits = await recordedCommits(repository);
  const recorded = await sandbox.record(commits['base']!, '--json');
  if (recorded.exitCode !== 0) throw new Error(recorded.stderr);
  bundle = (JSON.parse(recorded.stdout) as { bundle: string }).bundle;
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await repository[Symbol.asyncDispose]();
});

const SOURCE_IMPACT = ['//a:in.txt', '//a:g', '//a:g.out', '//b:all'].toSorted();

describe('on the warm server of a record', () => {
  test('each kind of commit gives exactly its targets, and the user’s tree stays as it is', async () => {
    await repository.git('checkout', '--quiet', 'source');
    await writeFile(join(repository.path, 'a/in.txt'), 'dirty\n');
    await writeFile(join(repository.path, 'b/untracked.txt'), 'dirty\n');
    const before = await userState(repository);
    const expected: [string, string[]][] = [
      ['source', SOURCE_IMPACT],
      ['odd-name', ['//b:all', '//b:with space ü.txt']],
      ['added', ['//b:all', '//b:new.txt']],
      ['build', ['//b:BUILD.bazel', '//b:more']],
      ['bzl', ['//a:g', '//a:g.out', '//b:all']],
      ['base', []],
    ];
    for (const [name, targets] of expected) {
      const { exitCode, report, impacted, stderr } = await sandbox.consume(commits[name]!);
      expect(impacted?.toSorted(), `${name}: ${stderr}`).toEqual(targets);
      expect(exitCode).toBe(0);
      expect(report).toMatchObject({
        tier: 'thawed',
        reason: 'warm-server',
        base_sha: commits['base'],
        target_sha: commits[name],
        impacted: targets.length,
        driver: 'local',
      });
      expect(Object.keys(report.phases_ms)).toEqual([
        'fingerprint',
        'resolve',
        'restore',
        'checkout',
        'query',
        'impact',
      ]);
      // Only who asks about what is checked out may take them for a part of it.
      expect(stderr.includes('uncommitted changes')).toBe(name === 'source');
    }
    expect(await userState(repository)).toEqual(before);
    await repository.git('checkout', '--quiet', '--force', 'main');
    await rm(join(repository.path, 'b/untracked.txt'));
  });

  test('a second record finds the bundle; two at once give one', async () => {
    const again = await sandbox.record(commits['base']!);
    expect(again.stdout).toContain('already recorded: ');
    expect(again.exitCode).toBe(0);
    const both = await Promise.all([sandbox.record(commits['source']!), sandbox.record(commits['source']!)]);
    expect(both.map((outcome) => outcome.exitCode)).toEqual([0, 0]);
    const lines = both.map((outcome) => outcome.stdout).toSorted();
    expect(lines).toEqual([
      expect.stringContaining('already recorded: '),
      expect.stringMatching(/^recorded: /),
    ]);
    const removed = await sandbox.dewar(['snapshots', 'rm', commits['source']!, '--store', sandbox.store]);
    expect(removed.exitCode).toBe(0);
    expect(await sandbox.slots()).toHaveLength(1);
    expect(await sandbox.servers()).toHaveLength(1);
  });

  test('consume answers while a record runs, and from the old bundles', async () => {
    const recording = sandbox.record(commits['bzl']!);
    const consumed = await sandbox.consume(commits['source']!);
    expect(consumed).toMatchObject({ impacted: expect.any(Array), report: { base_sha: commits['base'] } });
    expect((await recording).exitCode).toBe(0);
    const warm = await sandbox.consume(commits['bzl']!);
    expect(warm.report).toMatchObject({ tier: 'thawed', base_sha: commits['bzl'], impacted: 0 });
    const told = await sandbox.consume(commits['bzl']!, '--base-sha', commits['base']!);
    expect(told.report).toMatchObject({ tier: 'thawed', base_sha: commits['base'], impacted: 3 });
    await sandbox.dewar(['snapshots', 'rm', commits['bzl']!, '--store', sandbox.store]);
  });

  test('two consumes at once take turns', async () => {
    const second = { ...sandbox, args: [...sandbox.consumeArgs(commits['build']!), '--json', '-'] };
    const args = second.args.map((arg) =>
      arg === join(sandbox.directory, 'out') ? join(sandbox.directory, 'out2') : arg,
    );
    const [one, two] = await Promise.all([sandbox.consume(commits['source']!), sandbox.dewar(args)]);
    expect(one.impacted?.toSorted()).toEqual(SOURCE_IMPACT);
    expect(JSON.parse(two.stdout)).toMatchObject({ tier: 'thawed', impacted: 2 });
    expect(await readFile(join(sandbox.directory, 'out2'), 'utf8')).toBe('//b:BUILD.bazel\n//b:more\n');
  });
});

describe('a fingerprint that differs in one component', () => {
  const cases: [string, string, () => string[], string][] = [
    ['bazelrc', 'rc', () => [], 'bazelrc'],
    ['.bazelignore', 'ignore', () => [], '.bazelignore'],
    ['MODULE.bazel.lock', 'lock', () => [], 'MODULE.bazel.lock'],
    ['.bazelversion', 'version', () => [], '.bazelversion'],
    ['the directory external', 'external', () => [], 'external'],
    ['a flag', 'source', () => ['--flag=--ignoredRuleHashingAttributes=tags'], 'flags'],
    ['a variable', 'source', () => ['--env', 'PROBE'], 'environment'],
  ];
  test.each(cases)('%s: cold, or exit 2, and the reason names it', async (_name, commit, more, component) => {
    const refused = await sandbox.consume(commits[commit]!, ...more(), '--fallback', 'exit');
    expect(refused).toMatchObject({ exitCode: 2, impacted: undefined });
    expect(refused.report).toMatchObject({ tier: null, reason: 'fingerprint-mismatch', impacted: null });
    const changed = refused.report.detail?.split('; ').map((part) => part.split(' ')[0]);
    expect(changed).toEqual([component]);
    const cold = await sandbox.consume(commits[commit]!, ...more());
    expect(cold).toMatchObject({ exitCode: 0, report: { tier: 'cold', reason: 'fingerprint-mismatch' } });
    expect(cold.report.base_sha).toBe(commits['base']);
    expect(cold.impacted?.toSorted()).toEqual(SOURCE_IMPACT);
  });

  test('another Bazel: exit 2, and the reason names it', async () => {
    const { exitCode, report } = await sandbox.consume(
      commits['source']!,
      '--bazel',
      bazel4(),
      '--fallback',
      'exit',
    );
    expect(exitCode).toBe(2);
    expect(report).toMatchObject({
      reason: 'fingerprint-mismatch',
      detail: expect.stringContaining('bazel changed'),
    });
  });
});

describe('the graph index', () => {
  test('answers where only contents changed, without Bazel', async () => {
    const { report, impacted } = await sandbox.consume(commits['source']!, '--tier', 'graph');
    expect(report).toMatchObject({ tier: 'graph', reason: 'contents-only', base_sha: commits['base'] });
    expect(impacted?.toSorted()).toEqual(SOURCE_IMPACT);
  });

  test.each([
    ['added', ['//b:all', '//b:new.txt']],
    ['build', ['//b:BUILD.bazel', '//b:more']],
    ['bzl', ['//a:g', '//a:g.out', '//b:all']],
  ])('asks only for the packages that changed: %s', async (name, targets) => {
    const { report, impacted, stderr } = await sandbox.consume(commits[name]!, '--tier', 'graph');
    expect(report).toMatchObject({
      tier: 'partial',
      reason: 'packages-only',
      impacted: targets.length,
    });
    expect(impacted?.toSorted()).toEqual(targets);
    expect(stderr).toContain('packages: asking the build tool for');
  });

  test('leaves what names do not tell apart to a query of everything', async () => {
    const { report, stderr } = await sandbox.consume(commits['odd-name']!, '--tier', 'graph');
    expect(report.tier).toBe('thawed');
    expect(stderr).toContain('not from the graph index: b/with space ü.txt');
  });

  test('a package with errors is left to the tiers above', async () => {
    const { report, stderr } = await sandbox.consume(commits['broken']!, '--tier', 'graph');
    expect(report).toMatchObject({ tier: 'cold', reason: 'partial-graph', partial: true });
    expect(Object.keys(report.phases_ms)).toEqual(expect.arrayContaining(['index-packages', 'warm-query']));
    expect(stderr).toContain('GRAPH_NOT_USED');
  });

  test('the packages are asked of a server that was started for them, where none runs', async () => {
    for (const pid of await sandbox.servers()) process.kill(Number(pid), 'SIGKILL');
    const { report, impacted } = await sandbox.consume(commits['build']!, '--tier', 'graph');
    expect(report).toMatchObject({ tier: 'partial', reason: 'packages-only' });
    expect(impacted?.toSorted()).toEqual(['//b:BUILD.bazel', '//b:more']);
  });
});

describe('a damaged snapshot', () => {
  test.each(['manifest.json', 'base_hashes.json', 'fingerprint.json', 'graph.idx'])(
    'in %s: named, never used',
    async (file) => {
      const path = join(bundle, file);
      const good = await readFile(path);
      for (const at of [0, good.length >> 1, good.length - 1, good.length]) {
        const bad = at === good.length ? good.subarray(0, at - 3) : Buffer.from(good);
        if (at < good.length) bad[at] = bad[at]! ^ 1;
        await writeFile(path, bad);
        const refused = await sandbox.consume(commits['source']!, '--fallback', 'exit');
        expect(refused).toMatchObject({ exitCode: 2, impacted: undefined });
        expect(refused.report).toMatchObject({
          reason: 'snapshot-damaged',
          detail: expect.stringContaining(file),
        });
      }
      const verified = await sandbox.dewar(['snapshots', 'verify', '--store', sandbox.store]);
      expect(verified).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(file) });
      await writeFile(path, good);
      expect((await sandbox.consume(commits['source']!)).report.tier).toBe('thawed');
    },
  );

  test('is answered cold, and compared with the same commit', async () => {
    const path = join(bundle, 'base_hashes.json');
    const good = await readFile(path);
    await writeFile(path, good.toString().replace('//a:g', '//a:h'));
    const cold = await sandbox.consume(commits['source']!);
    expect(cold.report).toMatchObject({
      tier: 'cold',
      reason: 'snapshot-damaged',
      base_sha: commits['base'],
    });
    expect(cold.impacted?.toSorted()).toEqual(SOURCE_IMPACT);
    await writeFile(path, good);
  });
});

describe('when the warm attempt fails half-way, the answer is cold and says so', () => {
  test.each([
    ['query-failed', 'kill -9 $$', []],
    ['deadline', 'exec sleep 600', ['--deadline', '5']],
  ] as const)('%s: %s', async (reason, body, more) => {
    const { path, arm } = await trapBazel(sandbox.directory, body);
    await arm();
    const { exitCode, report, impacted, stderr } = await sandbox.consume(
      commits['source']!,
      '--bazel',
      path,
      ...more,
    );
    expect(stderr).toContain(`(${reason})`);
    expect(report).toMatchObject({ tier: 'cold', reason, base_sha: commits['base'] });
    expect(report.phases_ms).toHaveProperty('warm-query');
    expect(impacted?.toSorted()).toEqual(SOURCE_IMPACT);
    expect(exitCode).toBe(0);
    const next = await sandbox.consume(commits['source']!);
    expect(next.report.tier).toBe('thawed');
  });

  test.each(["printf '\\377\\377\\377garbage'; exit 0", 'echo no >&2; exit 37', 'kill -9 $$'])(
    'exit 2 with --fallback exit: %s',
    async (body) => {
      const { path, arm } = await trapBazel(sandbox.directory, body);
      await arm();
      const refused = await sandbox.consume(commits['source']!, '--bazel', path, '--fallback', 'exit');
      expect(refused).toMatchObject({ exitCode: 2, impacted: undefined, report: { reason: 'query-failed' } });
    },
  );

  test('a dead server is started again', async () => {
    for (const pid of await sandbox.servers()) process.kill(Number(pid), 'SIGKILL');
    await expect.poll(() => sandbox.servers(), { timeout: 20_000 }).toEqual([]);
    const { report, impacted } = await sandbox.consume(commits['source']!);
    expect(report).toMatchObject({ tier: 'thawed', reason: 'server-started' });
    expect(impacted?.toSorted()).toEqual(SOURCE_IMPACT);
  });

  test('a graph with errors is answered cold and marked partial, and never recorded', async () => {
    const { exitCode, report, stderr } = await sandbox.consume(commits['broken']!);
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({ tier: 'cold', reason: 'partial-graph', partial: true });
    expect(stderr).toContain('PARTIAL_GRAPH');
    const stored = await sandbox.stored();
    const recorded = await sandbox.record(commits['broken']!);
    expect(recorded).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('PARTIAL_GRAPH') });
    expect(await sandbox.stored()).toEqual(stored);
  });

  test('an output that cannot be written is an error, before any work', async () => {
    const args = sandbox.consumeArgs(commits['source']!);
    args[args.indexOf('--out') + 1] = join(sandbox.directory, 'absent/out');
    const { exitCode, stderr } = await sandbox.dewar(args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('OUTPUT_NOT_WRITABLE');
    expect(stderr).not.toContain('fingerprint:');
  });
});

test('nothing is left but the slot of the record', async () => {
  expect(await sandbox.slots()).toHaveLength(1);
  expect(await sandbox.servers()).toHaveLength(1);
  expect(await readdir(join(repository.path, '.git/worktrees'))).toHaveLength(1);
  const removed = await sandbox.dewar(['snapshots', 'rm', '--all', '--force', '--store', sandbox.store]);
  expect(removed.exitCode).toBe(0);
  expect(await sandbox.slots()).toEqual([]);
  expect(await sandbox.servers()).toEqual([]);
  expect(await sandbox.stored()).toEqual([]);
  await expect(readdir(join(repository.path, '.git/worktrees'))).rejects.toMatchObject({ code: 'ENOENT' });
});
