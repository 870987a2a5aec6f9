import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { snapshotSandbox, WORKSPACE } from '../support/snapshot-sandbox.ts';
import type { Outcome, SnapshotSandbox } from '../support/snapshot-sandbox.ts';

let repository: TestRepository;
let sandbox: SnapshotSandbox;
let base = '';
let target = '';
const IMPACT = ['//a:g', '//a:g.out', '//a:in.txt', '//b:all'];

beforeAll(async () => {
  repository = await testRepository();
  sandbox = await snapshotSandbox(repository);
  base = await repository.commit(WORKSPACE);
  target = await repository.commit({ 'a/in.txt': '2\n' });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await repository[Symbol.asyncDispose]();
});

/**
 * Starts dewar and sends it a signal when it says that a phase begins; `server`: when one more server of Bazel runs,
 * which is in the middle of its first query.
 */
async function interrupt(args: string[], phase: string, signal: NodeJS.Signals): Promise<Outcome> {
  const before = await bazelServers();
  const running = sandbox.start([...args, '--progress', 'ndjson']);
  let ended = false;
  void running.ended.then(() => (ended = true));
  const hasBegun = async (): Promise<boolean> =>
    phase === 'server' ? (await bazelServers()) > before : running.stderr().includes(`"phase":"${phase}"`);
  const limits = { timeout: 120_000, interval: 5 };
  await expect.poll(async () => ended || (await hasBegun()), limits).toBe(true);
  if (phase !== 'server' && !(await hasBegun()))
    throw new Error(`there was no phase ${phase}:\n${running.stderr()}`);
  if (!ended) process.kill(running.pid, signal);
  return running.ended;
}

/** A server of Bazel calls itself `bazel(<directory>)`. */
async function bazelServers(): Promise<number> {
  const lines = (await sandbox.servers()).map((pid) =>
    readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
  );
  return (await Promise.all(lines)).filter((line) => line.startsWith('bazel(')).length;
}

async function worktrees(): Promise<string[]> {
  return readdir(join(repository.path, '.git/worktrees')).catch(() => []);
}

/** A store without a bundle, or with a whole one. */
async function expectNothingHalfWritten(): Promise<void> {
  const verified = await sandbox.dewar(['snapshots', 'verify', '--store', sandbox.store]);
  expect(verified).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^no snapshots$|complete$/) });
}

async function removeAll(): Promise<void> {
  await sandbox.dewar(['snapshots', 'rm', '--all', '--force', '--store', sandbox.store]);
}

async function expectConsumeCleansUp(): Promise<void> {
  const consumed = await sandbox.consume(target, '--fallback', 'exit');
  expect(consumed).toMatchObject({ exitCode: 2, report: { reason: 'no-snapshot' } });
  expect(await sandbox.slots()).toEqual([]);
  expect(await worktrees()).toEqual([]);
}

/** Of a consume that finds no snapshot. */
function coldArgs(): string[] {
  const args = sandbox.consumeArgs(target);
  args[args.indexOf('--store') + 1] = join(sandbox.directory, 'no-store');
  return args;
}

async function expectNothingLeft(): Promise<void> {
  expect(await sandbox.stored()).toEqual([]);
  expect(await sandbox.slots()).toEqual([]);
  expect(await worktrees()).toEqual([]);
  await expect.poll(() => sandbox.servers(), { timeout: 20_000 }).toEqual([]);
}

describe('record', () => {
  test.each(['fingerprint', 'checkout', 'query', 'server', 'hash', 'seal'])(
    'SIGINT while %s: nothing is left',
    async (phase) => {
      const outcome = await interrupt(sandbox.recordArgs(base), phase, 'SIGINT');
      // 0: it was quicker than the signal.
      expect([0, 130]).toContain(outcome.exitCode);
      if (outcome.exitCode === 0) await removeAll();
      await expectNothingLeft();
    },
  );

  test.each(['0.001', '2'])('within --deadline %s: nothing is left', async (seconds) => {
    const { exitCode, stderr } = await sandbox.record(base, '--deadline', seconds);
    // A machine that is fast enough has recorded it.
    if (seconds === '2' && exitCode === 0) return removeAll();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('error DEADLINE')]);
    await expectNothingLeft();
  });

  test('SIGKILL in each phase: nothing half-written is trusted, and the next record cleans up', async () => {
    for (const phase of ['fingerprint', 'checkout', 'server', 'seal']) {
      await interrupt(sandbox.recordArgs(base), phase, 'SIGKILL');
      await expectNothingHalfWritten();
      if (phase === 'server') await expectConsumeCleansUp();
    }
    const recorded = await sandbox.record(base);
    expect(recorded.exitCode).toBe(0);
    const [fingerprint] = await sandbox.stored();
    expect(await readdir(join(sandbox.store, fingerprint!))).toEqual([base]);
    expect(await readdir(join(sandbox.store, '.locks'))).toEqual([]);
    expect(await sandbox.slots()).toHaveLength(recorded.stdout.startsWith('already') ? 0 : 1);
  });
});

describe('consume on a warm server', () => {
  const phases = ['fingerprint', 'resolve', 'restore', 'checkout', 'query', 'hash', 'impact'];

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    '%s in each phase: the next answer is right',
    async (signal) => {
      for (const phase of signal === 'SIGTERM' ? ['query'] : phases) {
        const outcome = await interrupt(sandbox.consumeArgs(target), phase, signal);
        // 0: it was quicker than the signal.
        expect(['SIGKILL', 0, 130, 143]).toContain(outcome.signal ?? outcome.exitCode);
      }
      const { report, impacted } = await sandbox.consume(target);
      expect(impacted).toEqual(expect.arrayContaining(IMPACT));
      expect(impacted).toHaveLength(IMPACT.length);
      expect(report).toMatchObject({ tier: 'thawed', base_sha: base });
      expect(await sandbox.slots()).toHaveLength(1);
      expect(await worktrees()).toHaveLength(1);
    },
  );
});

describe('consume without a snapshot', () => {
  test('SIGINT: what was made for the answer is gone', async () => {
    for (const phase of ['base-checkout', 'server', 'impact']) {
      const outcome = await interrupt(coldArgs(), phase, 'SIGINT');
      expect([0, 130]).toContain(outcome.exitCode);
      expect(await sandbox.slots()).toHaveLength(1);
      expect(await worktrees()).toHaveLength(1);
    }
  });

  test('SIGKILL: the next run removes what was left', async () => {
    for (const phase of ['base-checkout', 'server', 'checkout'])
      await interrupt(coldArgs(), phase, 'SIGKILL');
    expect((await sandbox.slots()).filter((name) => name.startsWith('cold-'))).toHaveLength(1);
    const { impacted } = await sandbox.consume(target);
    expect(impacted).toHaveLength(IMPACT.length);
    expect((await sandbox.slots()).filter((name) => name.startsWith('cold-'))).toEqual([]);
    expect(await worktrees()).toHaveLength(1);
    await expect.poll(() => sandbox.servers(), { timeout: 20_000 }).toHaveLength(1);
  });
});
