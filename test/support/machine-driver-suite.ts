import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DewarEvent } from '../../src/core/events.ts';
import { digestLike } from '../../src/platform/digest-like.ts';
import { openRepository } from '../../src/platform/git-repository.ts';
import type {
  DriverContext,
  Machine,
  MachineSpec,
  SavedMachine,
  SnapshotRef,
  VmmDriver,
} from '../../src/vmm/driver.ts';
import { digestsOf } from './digests-of.ts';
import { GIT_TEST_ENV, temporaryDirectory, testRepository } from './git-repository.ts';
import type { TestRepository } from './git-repository.ts';
import { leftOf } from './left-of.ts';

export interface TriedDriver {
  name: string;
  /** Why it cannot be tried here; undefined where it can. */
  why: string | undefined;
  /**
   * @param cache directory of the driver, absolute
   * @returns one whose guests have one CPU, little memory, and no network
   */
  open: (cache: string) => VmmDriver | Promise<VmmDriver>;
}

/** A guest's clock may be so far behind or ahead. */
const CLOCK_TOLERANCE_MS = 1000;

/** Real machines, with the commits of a real repository in them: what any driver that freezes machines must do. */
export function machineDriverSuite({ name, why, open }: TriedDriver): void {
  describe.skipIf(why !== undefined)(`the driver ${name}${why === undefined ? '' : ` (${why})`}`, () => {
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    let cache = '';
    let repository: TestRepository;
    let spec: MachineSpec & { snapshot: SnapshotRef };
    let driver: VmmDriver;
    let first: string;
    let second: string;
    let digests: Record<string, string>;
    let seen: string;
    let saved: SavedMachine | undefined;
    const events: DewarEvent[] = [];
    const context: DriverContext = { emit: (event) => events.push(event) };

    beforeAll(async () => {
      directory = await temporaryDirectory();
      cache = join(directory.path, 'cache');
      repository = await testRepository();
      first = await repository.commit({ 'ws/file': '1', 'ws/gone': 'x' });
      second = await repository.commit({ 'ws/file': '2', 'ws/gone': undefined, 'ws/new/with space': 'y' });
      const bundle = join(directory.path, 'bundle');
      await mkdir(bundle);
      await mkdir(cache);
      driver = await open(cache);
      spec = {
        repository: await openRepository(join(repository.path, 'ws'), { env: GIT_TEST_ENV }),
        snapshot: { fingerprint: 'f'.repeat(64), base: first, directory: bundle },
      };
      const machine = await driver.create(spec, context);
      await machine.checkOut(first, context);
      seen = await inGuest(machine, 'cat file; ls');
      await inGuest(machine, 'echo remembered >/dev/shm/memory');
      saved = await machine.save?.(bundle, context);
      await machine.freeze();
      digests = await digestsOf(bundle);
    });

    afterAll(async () => {
      await repository?.[Symbol.asyncDispose]();
      await directory?.[Symbol.asyncDispose]();
    });

    test('a machine is saved as files with their digests, and what its memory needs', async () => {
      expect(seen).toBe('1file\ngone\n');
      const files = saved?.files ?? {};
      expect(Object.keys(files).toSorted()).toEqual(Object.keys(digests));
      for (const [file, told] of Object.entries(files))
        expect({ file, ...told }).toEqual({
          file,
          ...(await digestLike(join(spec.snapshot.directory, file), told)),
        });
      expect(Object.keys(digests)).toEqual(['machine.json', 'mem_file', 'rootfs.backing', 'vmstate']);
      expect(Object.keys(saved?.hostCompatibility ?? {})).not.toEqual([]);
      expect(await leftOf(cache)).toEqual([]);
    });

    test('two clones at once, each with memory, disk, network, clock and commit of its own; the bundle stays as it is', async () => {
      const clones = await Promise.all([driver.restore(spec, context), driver.restore(spec, context)]);
      const [one, two] = clones;
      expect(clones.map(({ warm }) => warm)).toEqual([true, true]);
      expect(one.contentPath).not.toBe(two.contentPath);
      // What was frozen is still there.
      expect(await inGuest(one, 'cat file /dev/shm/memory')).toBe('1remembered\n');
      await Promise.all([one.checkOut(second, context), two.checkOut(first, context)]);
      expect(await inGuest(one, 'cat file; find . -type f | sort')).toBe('2./file\n./new/with space\n');
      expect(await inGuest(two, 'cat file; find . -type f | sort')).toBe('1./file\n./gone\n');
      expect(await readFile(join(one.contentPath, 'file'), 'utf8')).toBe('2');
      expect(await readFile(join(two.contentPath, 'file'), 'utf8')).toBe('1');
      for (const clone of clones) expect(await clockError(clone)).toBeLessThan(CLOCK_TOLERANCE_MS);
      const cards = await Promise.all(clones.map((clone) => inGuest(clone, 'ip -4 -o address show eth0')));
      // A network of QEMU's own is the same for each of them.
      expect(new Set(cards).size).toBe(driver.capabilities.network === 'tap' ? 2 : 1);
      await inGuest(one, 'head -c 8000000 /dev/urandom >/var/lib/dewar/junk; sync');
      expect(await inGuest(two, 'ls /var/lib/dewar/junk 2>&1; true')).toMatch(/No such file/);
      await expectCommands(two);
      await Promise.all([one.shutdown(), two.abandon()]);
      expect(await digestsOf(spec.snapshot.directory)).toEqual(digests);
      expect(await leftOf(cache)).toEqual([]);
    });

    test('refuses submodules by name', async () => {
      const gitmodules = '[submodule "x"]\n\tpath = x\n\turl = ./x\n';
      const commit = await repository.commit({ '.gitmodules': gitmodules });
      const machine = await driver.restore(spec, context);
      await expect(machine.checkOut(commit, context)).rejects.toMatchObject({
        code: 'SUBMODULES_UNSUPPORTED',
      });
      await machine.kill();
      expect(await leftOf(cache)).toEqual([]);
    });
  });
}

/** Programs get exactly the directory, the environment and the input that they are given, and their ends are told. */
async function expectCommands({ commands }: Machine): Promise<void> {
  const env = { PATH: '/usr/bin:/bin', WORD: `a'b "c" $d` };
  const cwd = '/usr/lib';
  const told = await commands?.run('sh', ['-c', 'pwd; printf %s "$WORD$1"; cat >&2; exit 3', 'sh', '$x\n'], {
    cwd,
    env,
    input: 'typed',
  });
  expect({ ...told, stdout: told?.stdout.toString() }).toEqual({
    exitCode: 3,
    stdout: `/usr/lib\n${env.WORD}$x\n`,
    stderr: 'typed',
  });
  await expect(commands?.run('no-such-program', [], { env })).rejects.toMatchObject({
    code: 'COMMAND_NOT_FOUND',
  });
  const chunks: Buffer[] = [];
  const onChunk = (chunk: Buffer): void => void chunks.push(Buffer.from(chunk));
  const streamed = await commands?.stream('head', ['-c', '3000000', '/dev/zero'], { env, onChunk });
  expect(streamed?.exitCode).toBe(0);
  expect(Buffer.concat(chunks).equals(Buffer.alloc(3_000_000))).toBe(true);
}

async function inGuest({ commands, workspacePath }: Machine, script: string): Promise<string> {
  const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' };
  const done = await commands?.run('sh', ['-c', script], { cwd: workspacePath, env });
  if (done?.exitCode !== 0) throw new Error(`${script}: ${done?.stderr ?? 'no machine'}`);
  return done.stdout.toString('utf8');
}

/** @returns by how many milliseconds at least the guest's clock is not this host's */
async function clockError(machine: Machine): Promise<number> {
  const before = Date.now();
  const guest = Number(await inGuest(machine, 'date +%s%3N'));
  return Math.max(before - guest, guest - Date.now(), 0);
}
