import { chmod, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bazel } from '../support/bazel.ts';
import { digestsOf } from '../support/digests-of.ts';
import { temporaryDirectory } from '../support/git-repository.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { guestSandbox } from '../support/guest-sandbox.ts';
import type { GuestSandbox } from '../support/guest-sandbox.ts';
import { DEWAR } from '../support/image-cli.ts';
import { snapshotSandbox } from '../support/snapshot-sandbox.ts';
import { fitManifest } from '../support/tamper-bundle.ts';
import { testDriver } from '../support/test-driver.ts';

const KINDS = ['source', 'build', 'bzl', 'added', 'removed', 'module'] as const;
type Kind = (typeof KINDS)[number];
const OTHER_HOSTS: [string, object, string][] = [
  ['another CPU model', { cpu_model: 'other' }, 'CPU model'],
  ...(testDriver.name === 'qemu'
    ? ([['another machine type', { machine: 'pc-q35-0.1' }, 'machine type']] satisfies [
        string,
        object,
        string,
      ][])
    : []),
];
const MACHINE = ['--mem-mib', '1536', '--vcpus', '2'];
/** Of Bazel in a guest without KVM, while other tests run: its JIT costs more than it gives. */
const FLAGS = ['--flag=-so=--host_jvm_args=-XX:TieredStopAtLevel=1'];

describe.skipIf(cannotBoot !== undefined)(
  `record and consume in machines of ${testDriver.name}, with real Bazel (skipped ${cannotBoot ?? 'never'})`,
  () => {
    let sandbox: GuestSandbox;
    let bundle = '';
    let base = '';
    let commits: Record<Kind, string>;
    const cold = new Map<Kind, readonly string[] | undefined>();
    const opened: AsyncDisposable[] = [];

    beforeAll(async () => {
      const directory = await temporaryDirectory();
      opened.unshift(directory);
      const repository = { path: join(directory.path, 'project') };
      const generate = ['bench', 'generate', '--packages', '6', '--out', repository.path];
      const { stdout } = await execa(process.execPath, [DEWAR, ...generate]);
      ({ base_sha: base, commits } = JSON.parse(stdout) as {
        base_sha: string;
        commits: Record<Kind, string>;
      });

      sandbox = await guestSandbox(repository, await guestImage('bazel'));
      opened.unshift(sandbox);
      const recorded = await sandbox.record(base, ...FLAGS, ...MACHINE, '--json');
      if (recorded.exitCode !== 0) throw new Error(recorded.stderr);
      ({ bundle } = JSON.parse(recorded.stdout) as { bundle: string });

      const local = await snapshotSandbox(repository);
      opened.unshift(local);
      const about = ['--tier', 'cold', '--base-sha', base, '--bazel', bazel()];
      for (const kind of KINDS) cold.set(kind, (await local.consume(commits[kind], ...about)).impacted);
    });

    afterAll(async () => {
      for (const resource of opened) await resource[Symbol.asyncDispose]();
    });

    const consume = (kind: Kind, ...more: string[]): ReturnType<GuestSandbox['consume']> =>
      sandbox.consume(commits[kind], ...FLAGS, ...more);

    test('each kind of commit gives the cold answer of this host, and the bundle stays as it is', async () => {
      const before = await digestsOf(bundle);
      for (const kind of KINDS) {
        const { report, impacted } = await consume(kind);
        expect(report).toMatchObject({ tier: 'thawed', reason: 'warm-server', base_sha: base });
        expect(impacted).not.toEqual([]);
        expect({ kind, impacted }).toEqual({ kind, impacted: cold.get(kind) });
      }
      expect(await digestsOf(bundle)).toEqual(before);
      expect(await left()).toEqual({ machines: [], processes: [] });
    });

    test('the index that was made in the machine answers, without one or for some packages', async () => {
      const source = await consume('source', '--tier', 'graph');
      expect(source.report).toMatchObject({ tier: 'graph', reason: 'contents-only' });
      expect(source.report.phases_ms).not.toHaveProperty('restore');
      expect(source.impacted).toEqual(cold.get('source'));
      const build = await consume('build', '--tier', 'graph');
      expect(build.report).toMatchObject({ tier: 'partial', reason: 'packages-only' });
      expect(build.impacted).toEqual(cold.get('build'));
    });

    test('two at once, of different commits, each get their own answer', async () => {
      const both = await Promise.all(
        (['source', 'bzl'] as const).map((kind) => {
          const args = sandbox.consumeArgs(commits[kind]);
          args[args.indexOf('--out') + 1] = join(sandbox.directory, kind);
          return sandbox.dewar([...args, ...FLAGS, '--json', '-']);
        }),
      );
      expect(both.map(({ stdout }) => JSON.parse(stdout) as object)).toMatchObject([
        { tier: 'thawed' },
        { tier: 'thawed' },
      ]);
      for (const kind of ['source', 'bzl'] as const) {
        const text = await readFile(join(sandbox.directory, kind), 'utf8');
        expect(text.split('\n').filter((line) => line !== '')).toEqual(cold.get(kind));
      }
    });

    test.each(['fingerprint', 'restore', 'checkout', 'query', 'hash', 'impact'])(
      'SIGKILL while %s: the next command removes what was left',
      async (phase) => {
        const running = sandbox.start([
          ...sandbox.consumeArgs(commits.build),
          ...FLAGS,
          '--progress',
          'ndjson',
        ]);
        let ended = false;
        void running.ended.then(() => (ended = true));
        const begun = (): boolean => running.stderr().includes(`"phase":"${phase}"`);
        await expect.poll(() => ended || begun(), { timeout: 300_000, interval: 5 }).toBe(true);
        if (!begun()) throw new Error(`there was no phase ${phase}:\n${running.stderr()}`);
        if (!ended) process.kill(running.pid, 'SIGKILL');
        const { signal } = await running.ended;
        expect(signal).toBe('SIGKILL');
        const hadMachine = phase === 'checkout' || phase === 'query';
        expect((await left()).processes.length > 0 || !hadMachine).toBe(true);
        await nextCommand();
        expect(await left()).toEqual({ machines: [], processes: [] });
      },
    );

    test('a work tree of this host whose user was killed is used again', async () => {
      const trees = await readdir(join(sandbox.cache, 'contents'));
      expect(trees).toHaveLength(1);
      // Two were used at once; no third one was needed after all those that were killed.
      const numbers = await readdir(join(sandbox.cache, 'contents', trees[0]!));
      expect(numbers.toSorted()).toEqual(['0', '1']);
    });

    describe('what is no longer what was recorded is refused before anything starts, by name', () => {
      test.each(['mem_file', 'vmstate', 'rootfs.backing'])('%s', async (name) => {
        const path = join(bundle, name);
        const { mode, size } = await stat(path);
        await chmod(path, 0o644);
        await flip(path, Math.floor(size / 3));
        const { report, exitCode } = await consume('build', '--fallback', 'exit');
        expect([exitCode, report.reason, report.detail]).toEqual([
          2,
          'restore-failed',
          expect.stringContaining(`${name} does not match its digest`),
        ]);
        expect(report.phases_ms).not.toHaveProperty('checkout');
        await flip(path, Math.floor(size / 3));
        await chmod(path, mode);
      });

      test.each(OTHER_HOSTS)('%s', async (_, change, why) => {
        await recordedWith(change, async () => {
          const { report, exitCode } = await consume('build', '--fallback', 'exit');
          expect([exitCode, report.reason, report.detail]).toEqual([
            2,
            'restore-failed',
            expect.stringContaining(why),
          ]);
        });
      });

      test('another VMM: and the answer is the cold one', async () => {
        await recordedWith({ [testDriver.name.replace('-', '_')]: '1.0.0' }, async () => {
          const { report, impacted } = await consume('build', ...MACHINE);
          expect(report).toMatchObject({
            tier: 'cold',
            reason: 'restore-failed',
            detail: expect.stringContaining('instead of 1.0.0') as string,
          });
          expect(impacted).toEqual(cold.get('build'));
        });
      });
    });

    /** Has the bundle say, with digests that match, that its memory needs another host. */
    async function recordedWith(change: object, work: () => Promise<void>): Promise<void> {
      const path = join(bundle, 'machine.json');
      const text = await readFile(path, 'utf8');
      const frozen = JSON.parse(text) as { compatibility: object };
      const compatibility = { ...frozen.compatibility, ...change };
      await chmod(path, 0o644);
      await writeFile(path, JSON.stringify({ ...frozen, compatibility }));
      await fitManifest(bundle, 'machine.json');
      await work();
      await writeFile(path, text);
      await fitManifest(bundle, 'machine.json');
    }

    /** Any command of the driver sweeps; this one finds no snapshot. */
    async function nextCommand(): Promise<void> {
      const args = sandbox.consumeArgs(commits.build);
      args[args.indexOf('--store') + 1] = join(sandbox.directory, 'no-store');
      const { exitCode } = await sandbox.dewar([...args, ...FLAGS, '--fallback', 'exit']);
      expect(exitCode).toBe(2);
    }

    async function left(): Promise<{ machines: string[]; processes: string[] }> {
      return { machines: await sandbox.machines(), processes: await sandbox.servers() };
    }
  },
);

async function flip(path: string, at: number): Promise<void> {
  await using file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte.writeUInt8(byte.readUInt8() ^ 0xff);
  await file.write(byte, 0, 1, at);
}
