import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { VerifyReport } from '../../src/snapshot/verify-report.ts';
import { bazel } from '../support/bazel.ts';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { canMount, mountReadOnly } from '../support/mounted.ts';
import { snapshotSandbox, WORKSPACE } from '../support/snapshot-sandbox.ts';
import type { Outcome, SnapshotSandbox } from '../support/snapshot-sandbox.ts';
import { makeHashesWrong, makeWrong } from '../support/tamper-bundle.ts';

let repository: TestRepository;
let sandbox: SnapshotSandbox;
let bundle = '';
const commits: Record<string, string> = {};
const IMPACT = ['//a:g', '//a:g.out', '//a:in.txt', '//b:all'];
const SAMPLE = ['--tier', 'graph', '--verify-sample', '1'];

beforeAll(async () => {
  repository = await testRepository();
  sandbox = await snapshotSandbox(repository);
  commits['base'] = await repository.commit(WORKSPACE);
  const branch = async (name: string, files: Record<string, string>): Promise<void> => {
    await repository.git('checkout', '--quiet', '-B', name, commits['base']!);
    commits[name] = await repository.commit(files);
  };
  await branch('source', { 'a/in.txt': '2\n' });
  await branch('build', { 'b/BUILD.bazel': `${WORKSPACE['b/BUILD.bazel']}filegroup(name = "more")\n` });
  await branch('bzl', { 'defs.bzl': WORKSPACE['defs.bzl']!.replace('cp $<', 'cp -f $<') });
  await branch('module', { 'MODULE.bazel': 'module(name = "small", version = "2")\n' });
  await branch('rc', { '.bazelrc': 'common --announce_rc=false\n', 'a/in.txt': '2\n' });
  const recorded = await sandbox.record(commits['base'], '--json');
  if (recorded.exitCode !== 0) throw new Error(recorded.stderr);
  bundle = (JSON.parse(recorded.stdout) as { bundle: string }).bundle;
  await cp(bundle, join(sandbox.directory, 'good'), { recursive: true });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await repository[Symbol.asyncDispose]();
});

function verifyArgs(target: string, ...more: string[]): string[] {
  const common = ['--workspace', repository.path, '--bazel', bazel(), '--base-sha', commits['base']!];
  return ['verify', ...common, '--target-sha', commits[target]!, ...more];
}

async function verify(target: string, ...more: string[]): Promise<Outcome & { report: VerifyReport }> {
  const path = join(sandbox.directory, 'verify.json');
  await rm(path, { force: true });
  const outcome = await sandbox.dewar(verifyArgs(target, '--json', path, ...more));
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`verify wrote no report:\n${outcome.stderr}`);
  });
  return { ...outcome, report: JSON.parse(text) as VerifyReport };
}

function outcomes(report: VerifyReport): string[] {
  return report.tiers.map(({ tier, outcome }) => `${tier} ${outcome}`);
}

/** The names of what is beside the bundle, and of the bundle itself. */
async function inStore(): Promise<string[]> {
  return readdir(join(bundle, '..'));
}

describe('verify', () => {
  const cases: [string, number, string[]][] = [
    ['source', 4, ['graph agrees', 'partial agrees', 'thawed agrees', 'cold reference']],
    ['build', 2, ['graph not-applicable', 'partial agrees', 'thawed agrees', 'cold reference']],
    ['bzl', 3, ['graph not-applicable', 'partial agrees', 'thawed agrees', 'cold reference']],
    ['module', 0, ['graph not-applicable', 'partial not-applicable', 'thawed agrees', 'cold reference']],
  ];
  test.each(cases)('a commit of the kind %s: the answers are equal', async (name, impacted, expected) => {
    const { exitCode, report, stdout } = await verify(name, '--store', sandbox.store);
    expect(outcomes(report)).toEqual(expected);
    expect(report).toMatchObject({
      agrees: true,
      base_sha: commits['base'],
      target_sha: commits[name],
      snapshot: { directory: bundle, temporary: false },
      base_hashes: { agrees: true },
      quarantine: null,
    });
    for (const { outcome, impacted: count, why = '' } of report.tiers)
      expect([count, why !== '']).toEqual(outcome === 'not-applicable' ? [null, true] : [impacted, false]);
    expect(stdout).toContain('tiers are equal');
    expect(exitCode).toBe(0);
    expect(await inStore()).toEqual([basename(bundle)]);
  });

  test('another fingerprint leaves nothing but the cold tier and the base hashes', async () => {
    const { exitCode, report } = await verify('rc', '--store', sandbox.store);
    expect(outcomes(report)).toEqual([
      'graph not-applicable',
      'partial not-applicable',
      'thawed not-applicable',
      'cold reference',
    ]);
    expect(report.tiers[0]?.why).toContain('bazelrc');
    expect(report).toMatchObject({ agrees: true, base_hashes: { agrees: true } });
    expect(exitCode).toBe(0);
  });

  test('without a store it records for itself, and leaves nothing', async () => {
    const slots = await sandbox.slots();
    const { exitCode, report, stderr } = await verify('source', '--tiers', 'graph,partial');
    expect(outcomes(report)).toEqual(['graph agrees', 'partial agrees', 'cold reference']);
    expect(report).toMatchObject({ agrees: true, snapshot: { temporary: true } });
    expect(stderr).toContain('in a temporary store');
    expect(exitCode).toBe(0);
    expect(await sandbox.slots()).toEqual(slots);
    const own = await readdir(join(sandbox.cache, 'verify/local'), { recursive: true });
    expect(own.filter((path) => path.includes('/'))).toEqual([]);
  });
});

describe('a snapshot that is wrong, and passes every check', () => {
  beforeEach(async () => {
    await rm(sandbox.store, { recursive: true });
    await cp(join(sandbox.directory, 'good'), bundle, { recursive: true });
    await makeWrong(bundle, { path: 'a/in.txt', content: Buffer.from('2\n'), executable: false });
  });

  test('consume --verify-sample finds it, gives the cold answer, and nothing uses it again', async () => {
    const checked = await sandbox.dewar(['snapshots', 'verify', '--store', sandbox.store]);
    expect(checked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('complete') });
    const wrong = await sandbox.consume(commits['source']!, '--tier', 'graph', '--verify-sample', '0');
    expect(wrong).toMatchObject({ impacted: [], report: { tier: 'graph', verified: null } });
    const { exitCode, impacted, report, stderr } = await sandbox.consume(commits['source']!, ...SAMPLE);
    expect(impacted?.toSorted()).toEqual(IMPACT);
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({
      tier: 'cold',
      reason: 'verify-disagreed',
      impacted: 4,
      verified: false,
      base_sha: commits['base'],
      verification: {
        answer: {
          tier: 'graph',
          outcome: 'disagrees',
          impacted: 0,
          differences: { set: { missing: { total: 4 }, extra: { total: 0 } } },
        },
        cold: { impacted: 4 },
        base_hashes: { agrees: true },
        quarantine: { directory: expect.stringContaining('.quarantined-') },
      },
    });
    expect(stderr).toContain('warning SNAPSHOT_DISAGREED');

    const store = ['--store', sandbox.store];
    const shown = await sandbox.dewar(['snapshots', 'show', commits['base']!, ...store, '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      state: 'quarantined',
      report: { found_by: 'consume --verify-sample', target_sha: commits['source'] },
    });
    for (const word of ['ls', 'verify']) {
      const listed = await sandbox.dewar(['snapshots', word, ...store]);
      expect(listed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('4 targets missing') });
    }
    const next = await sandbox.consume(commits['source']!, '--tier', 'graph', '--fallback', 'exit');
    expect(next).toMatchObject({ exitCode: 2, report: { reason: 'no-snapshot' } });
    expect(next.stderr).toContain('is quarantined: wrong for');

    expect((await sandbox.record(commits['base']!)).stdout).toMatch(/^recorded/);
    const fresh = await sandbox.consume(commits['source']!, ...SAMPLE);
    expect(fresh.impacted?.toSorted()).toEqual(IMPACT);
    expect(fresh.report).toMatchObject({
      tier: 'graph',
      verified: true,
      verification: { answer: { outcome: 'agrees' } },
    });
    expect(await inStore()).toHaveLength(2);
    const removed = await sandbox.dewar(['snapshots', 'rm', '--all', '--force', ...store]);
    expect(removed.stdout.split('\n')).toHaveLength(2);
    expect(await sandbox.stored()).toEqual([]);
  });

  test('verify finds it, names what is missing, and exits with 3', async () => {
    const { exitCode, report, stdout } = await verify('source', '--store', sandbox.store);
    expect(exitCode).toBe(3);
    expect(outcomes(report)).toEqual([
      'graph disagrees',
      // The package that is loaded again is compared with the wrong index.
      'partial disagrees',
      'thawed agrees',
      'cold reference',
    ]);
    expect(stdout).toContain('4 targets missing:\n    //a:g\n');
    expect(report.quarantine?.directory).toContain('.quarantined-');
    expect(await inStore()).toEqual([basename(report.quarantine?.directory ?? '')]);
    expect(await sandbox.slots()).toEqual([]);
  });

  test('verify finds base hashes that are of another graph', async () => {
    await rm(bundle, { recursive: true });
    await cp(join(sandbox.directory, 'good'), bundle, { recursive: true });
    await makeHashesWrong(bundle, '//b:alone');
    const { exitCode, report } = await verify('build', '--store', sandbox.store, '--tiers', 'partial,thawed');
    expect(exitCode).toBe(3);
    expect(outcomes(report)).toEqual(['partial agrees', 'thawed disagrees', 'cold reference']);
    const changed = { total: 1, first: [expect.objectContaining({ label: '//b:alone' })] };
    expect(report).toMatchObject({
      tiers: [{}, { differences: { set: { extra: { total: 1, first: ['//b:alone'] } } } }, {}],
      base_hashes: { agrees: false, differences: { changed } },
      quarantine: { directory: expect.stringContaining('.quarantined-') },
    });
  });

  test('two consumes at once both give the cold answer, and one quarantines', async () => {
    const second = join(sandbox.directory, 'out2');
    const args = [...sandbox.consumeArgs(commits['source']!), '--json', '-', '--verify-sample', '1'];
    args[args.indexOf('--out') + 1] = second;
    args[args.indexOf('--tier') + 1] = 'graph';
    const [one, two] = await Promise.all([
      sandbox.consume(commits['source']!, ...SAMPLE),
      sandbox.dewar(args),
    ]);
    expect(one.impacted?.toSorted()).toEqual(IMPACT);
    expect((await readFile(second, 'utf8')).trim().split('\n').toSorted()).toEqual(IMPACT);
    expect([one.exitCode, two.exitCode]).toEqual([0, 0]);
    expect(await inStore()).toEqual([expect.stringContaining('.quarantined-')]);
  });

  test('killed when it says so: the output is right, the bundle is used or quarantined, never half', async () => {
    const running = sandbox.start([
      ...sandbox.consumeArgs(commits['source']!).filter((arg) => arg !== '--tier' && arg !== 'thawed'),
      '--verify-sample',
      '1',
    ]);
    await expect
      .poll(() => running.stderr().includes('SNAPSHOT_DISAGREED'), { timeout: 200_000, interval: 1 })
      .toBe(true);
    process.kill(running.pid, 'SIGKILL');
    await running.ended;
    const out = await readFile(join(sandbox.directory, 'out'), 'utf8');
    expect(out.trim().split('\n').toSorted()).toEqual(IMPACT);
    expect(await inStore()).toHaveLength(1);
    const listed = await sandbox.dewar(['snapshots', 'ls', '--store', sandbox.store, '--json']);
    const list = JSON.parse(listed.stdout) as Record<string, unknown[]>;
    expect([...(list['snapshots'] ?? []), ...(list['quarantined'] ?? [])]).toHaveLength(1);
    expect(list).toMatchObject({ unfinished: [], foreign: [] });
  });

  test('an interrupted verification leaves the answer as it was', async () => {
    const running = sandbox.start([
      ...sandbox.consumeArgs(commits['build']!),
      '--verify-sample',
      '1',
      '--progress',
      'ndjson',
    ]);
    await expect
      .poll(() => running.stderr().includes('"phase":"base-checkout"'), { timeout: 200_000, interval: 5 })
      .toBe(true);
    process.kill(running.pid, 'SIGTERM');
    expect(await running.ended).toMatchObject({ exitCode: 143 });
    const out = await readFile(join(sandbox.directory, 'out'), 'utf8');
    expect(out.trim().split('\n')).toEqual(['//b:BUILD.bazel', '//b:more']);
    expect(await inStore()).toEqual([basename(bundle)]);
  });

  test.runIf(canMount)(
    'a store that is read-only: the cold answer and a warning; a pipe gets one answer only (mounting needs root)',
    async () => {
      await using mount = await mountReadOnly(sandbox.store);
      expect(mount.path).toBe(sandbox.store);
      const args = sandbox.consumeArgs(commits['source']!);
      const pipe = join(sandbox.directory, 'pipe');
      await execa('mkfifo', [pipe]);
      const reading = execa('cat', [pipe]);
      args[args.indexOf('--out') + 1] = pipe;
      args[args.indexOf('--tier') + 1] = 'graph';
      const report = join(sandbox.directory, 'report');
      const { stderr, exitCode } = await sandbox.dewar([...args, '--verify-sample', '1', '--json', report]);
      expect(stderr).toContain('warning QUARANTINE_FAILED');
      expect((await reading).stdout.split('\n').toSorted()).toEqual(IMPACT);
      expect(exitCode).toBe(0);
      expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({
        tier: 'cold',
        verified: false,
        verification: { quarantine: { directory: null } },
      });
    },
  );
});
