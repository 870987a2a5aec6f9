import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refreshClone } from '../../src/guest/refresh-clone.ts';
import { digestLike } from '../../src/platform/digest-like.ts';
import { openRepository } from '../../src/platform/git-repository.ts';
import type { DriverContext, Machine, MachineSpec, SavedMachine, SnapshotRef } from '../../src/vmm/driver.ts';
import { qemuDriver } from '../../src/vmm/qemu/qemu-driver.ts';
import { digestsOf } from '../support/digests-of.ts';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { findQemuLab, machineLab } from '../support/qemu-lab.ts';
import type { MachineLab } from '../support/qemu-lab.ts';

const lab = await findQemuLab();
const MINUTES = 60_000;

/** Real machines, with the commits of a real repository in them; TCG where KVM does not work. */
describe.skipIf('why' in lab)(`the driver qemu${'why' in lab ? ` (${lab.why})` : ''}`, () => {
  let at: MachineLab;
  let repository: TestRepository;
  let spec: MachineSpec & { snapshot: SnapshotRef };
  let driver: ReturnType<typeof qemuDriver>;
  let context: DriverContext;
  let first: string;
  let second: string;
  let digests: Record<string, string>;
  let seen: string;
  let saved: SavedMachine | undefined;

  beforeAll(async () => {
    if ('why' in lab) return;
    at = await machineLab(lab.host);
    context = { emit: at.emit };
    repository = await testRepository();
    first = await repository.commit({ 'ws/file': '1', 'ws/gone': 'x' });
    second = await repository.commit({ 'ws/file': '2', 'ws/gone': undefined, 'ws/new/with space': 'y' });
    driver = qemuDriver({
      env: at.env,
      image: () => Promise.resolve(lab.image),
      refresh: (machine, { signal }) =>
        refreshClone(machine, { hostname: `clone-${machine.id.slice(0, 8)}`, signal }),
      cpus: 1,
      memoryMiB: 512,
      diskSize: 4 * 2 ** 30,
      network: 'off',
    });
    const directory = join(at.directory, 'bundle');
    await mkdir(directory);
    spec = {
      repository: await openRepository(join(repository.path, 'ws'), { env: at.env }),
      snapshot: { fingerprint: 'f'.repeat(64), base: first, directory },
    };
    const machine = await driver.create(spec, context);
    await machine.checkOut(first, context);
    seen = await inGuest(machine, 'cat file; ls');
    saved = await machine.save?.(directory, context);
    await machine.freeze();
    digests = await digestsOf(directory);
  }, 10 * MINUTES);

  afterAll(async () => {
    if ('why' in lab) return;
    await at[Symbol.asyncDispose]();
    await repository[Symbol.asyncDispose]();
  });

  test('a machine is saved as files with their digests, and what its memory needs', async () => {
    expect(seen).toBe('1file\ngone\n');
    const files = Object.entries(saved?.files ?? {});
    for (const [name, told] of files)
      expect({ name, ...told }).toEqual({
        name,
        ...(await digestLike(join(spec.snapshot.directory, name), told)),
      });
    expect(files.map(([name]) => name).toSorted()).toEqual(Object.keys(digests));
    expect(Object.keys(digests)).toEqual(['machine.json', 'mem_file', 'rootfs.backing', 'vmstate']);
    expect(saved?.hostCompatibility).toHaveProperty('qemu');
  });

  test(
    'two clones at once, each with a commit of its own, here and in the guest; the bundle stays as it is',
    async () => {
      const clones = await Promise.all([driver.restore(spec, context), driver.restore(spec, context)]);
      const [one, two] = clones;
      expect(clones.map(({ warm }) => warm)).toEqual([true, true]);
      expect(one.contentPath).not.toBe(two.contentPath);
      // What was frozen is still there.
      expect(await inGuest(one, 'cat file')).toBe('1');
      await Promise.all([one.checkOut(second, context), two.checkOut(first, context)]);
      expect(await inGuest(one, 'cat file; find . -type f | sort')).toBe('2./file\n./new/with space\n');
      expect(await inGuest(two, 'cat file; find . -type f | sort')).toBe('1./file\n./gone\n');
      expect(await readFile(join(one.contentPath, 'file'), 'utf8')).toBe('2');
      expect(await readFile(join(two.contentPath, 'file'), 'utf8')).toBe('1');
      await inGuest(one, 'head -c 8000000 /dev/urandom >/var/lib/dewar/junk; sync');
      await expectCommands(two);
      await Promise.all([one.shutdown(), two.abandon()]);
      expect(await digestsOf(spec.snapshot.directory)).toEqual(digests);
      expect(await machinesLeft(at)).toEqual([]);
    },
    10 * MINUTES,
  );

  test(
    'refuses submodules by name',
    async () => {
      const commit = await repository.commit({ '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ./x\n' });
      const machine = await driver.restore(spec, context);
      await expect(machine.checkOut(commit, context)).rejects.toMatchObject({
        code: 'SUBMODULES_UNSUPPORTED',
      });
      await machine.kill();
      expect(await machinesLeft(at)).toEqual([]);
    },
    10 * MINUTES,
  );
});

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
  const env = { PATH: '/usr/bin:/bin' };
  const done = await commands?.run('sh', ['-c', script], { cwd: workspacePath, env });
  if (done?.exitCode !== 0) throw new Error(`${script}: ${done?.stderr ?? 'no machine'}`);
  return done.stdout.toString('utf8');
}

/** @returns names of machine directories */
async function machinesLeft({ directory }: MachineLab): Promise<string[]> {
  const names = await readdir(join(directory, 'cache', 'qemu', 'machines')).catch(() => []);
  return names.filter((name) => /^[0-9a-f]{16}$/.test(name));
}
