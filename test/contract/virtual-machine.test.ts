import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  open,
  readFile,
  readdir,
  rename,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { refreshClone } from '../../src/guest/refresh-clone.ts';
import { digestLike } from '../../src/platform/digest-like.ts';
import { createMachine } from '../../src/vmm/qemu/create-machine.ts';
import type { MachineImage } from '../../src/vmm/machine/machine-image.ts';
import { FROZEN_FILES, readFrozenMachine } from '../../src/vmm/machine/freeze/frozen-machine.ts';
import type { FrozenMachine } from '../../src/vmm/machine/freeze/frozen-machine.ts';
import { QEMU_FROZEN } from '../../src/vmm/qemu/freeze/qemu-frozen.ts';
import type { HostCompatibility } from '../../src/vmm/qemu/host/host-compatibility.ts';
import type { VirtualMachine } from '../../src/vmm/machine/virtual-machine.ts';
import { restoreMachine } from '../../src/vmm/qemu/restore-machine.ts';
import { digestsOf } from '../support/digests-of.ts';
import { processesNaming } from '../support/processes-naming.ts';
import { findQemuLab, machineLab, smallMachine } from '../support/qemu-lab.ts';
import type { MachineLab } from '../support/qemu-lab.ts';

const found = await findQemuLab();
describe.skipIf('why' in found)(
  `machines in QEMU${'why' in found ? ` (not here: ${found.why})` : ''}`,
  () => {
    if ('why' in found) return;
    const { host, image } = found;
    const spec = smallMachine(image);

    describe('one that runs, is frozen and comes back', () => {
      let lab: MachineLab;
      let machine: VirtualMachine;
      let bundle = '';
      beforeAll(async () => {
        lab = await machineLab(host);
        bundle = join(lab.directory, 'bundle');
        machine = await createMachine(spec, lab);
      });
      afterAll(async () => {
        await machine.kill();
        await lab[Symbol.asyncDispose]();
      });

      /** Brings the frozen machine back under a name of its own. */
      const restore = (hostname: string): Promise<VirtualMachine> =>
        restoreMachine(
          bundle,
          { image, network: spec.network, beforeServing: (clone) => refreshClone(clone, { hostname }) },
          lab,
        );

      test('runs programs: bytes in, bytes out, exit codes, words with any letter', async () => {
        const bytes = randomBytes(300_000);
        const result = await machine.ssh.run(['sh', '-c', 'cat; echo "$0" >&2; exit 7', `it's "$HOME"`], {
          input: bytes,
        });
        expect(result).toMatchObject({ exitCode: 7, stderr: `it's "$HOME"\n` });
        expect(result.stdout.equals(bytes)).toBe(true);
        const chunks: Buffer[] = [];
        const streamed = await machine.ssh.stream(['sh', '-c', 'exit 255'], {
          onChunk: (chunk) => chunks.push(Buffer.from(chunk)),
        });
        expect(streamed).toEqual({ exitCode: 255, stderr: '' });
        await expect(machine.ssh.run(['sleep', '60'], { deadlineMs: 200 })).rejects.toMatchObject({
          code: 'DEADLINE',
        });
      });

      test('is stopped and goes on', async () => {
        expect(await machine.status()).toEqual({ alive: true, state: 'running' });
        await machine.pause();
        expect(await machine.status()).toEqual({ alive: true, state: 'paused' });
        await machine.resume();
        await machine.agent.ping();
      });

      test('takes no other host key than the one it was seen to have', async () => {
        const known = join(machine.directory, 'ssh', 'known_hosts');
        const right = await readFile(known, 'utf8');
        const other = await readFile(join(machine.directory, 'ssh', 'key.pub'), 'utf8');
        await writeFile(known, `dewar-guest ${other.split(' ').slice(0, 2).join(' ')}\n`);
        await machine.ssh.close();
        await expect(machine.ssh.run(['true'])).rejects.toMatchObject({
          code: 'SSH_FAILED',
          message: expect.stringContaining('Host key verification failed'),
        });
        await writeFile(known, right);
        expect((await machine.ssh.run(['true'])).exitCode).toBe(0);
      });

      test('has no slots to plug a disk into', async () => {
        const disk = { id: 'data', path: image.rootfs, format: 'raw', readOnly: true } as const;
        await expect(machine.addDisk(disk)).rejects.toMatchObject({ code: 'CANNOT_PLUG' });
      });

      test('leaves nothing but the files of a snapshot when it is frozen', async () => {
        await machine.ssh.run([
          'sh',
          '-c',
          'echo frozen >/root/state; (sleep 1000; echo) >/dev/null 2>&1 & sync',
        ]);
        const frozen = await machine.freeze(bundle);
        expect(await readdir(bundle)).toEqual(['machine.json', ...FROZEN_FILES].toSorted());
        expect(await readFrozenMachine(bundle, QEMU_FROZEN)).toEqual(frozen);
        for (const name of FROZEN_FILES)
          expect(await digestLike(join(bundle, name), frozen.files[name])).toEqual(frozen.files[name]);
        expect(await readdir(lab.root)).toEqual([]);
        expect(await processesNaming(lab.root)).toEqual([]);
      });

      test('comes back twice at once, each a machine of its own, and its files stay as they are', async () => {
        const before = await digestsOf(bundle);
        const clones = await Promise.all([restore('one'), restore('two')]);
        onTestFinished(async () => {
          for (const clone of clones) await clone.kill();
        });
        const seen = await Promise.all(clones.map((clone) => identity(clone)));
        for (const [index, name] of ['one', 'two'].entries()) {
          expect(seen[index]).toMatchObject({ hostname: name, state: 'frozen', sleeping: '1' });
          expect(seen[index]?.clockError).toBeLessThan(2);
        }
        for (const own of ['random', 'uuid', 'bootId', 'machineId', 'kernelRandom'] as const)
          expect(seen[0]?.[own]).not.toBe(seen[1]?.[own]);
        const [one, two] = clones;
        const spoil =
          'head -c 60M /dev/zero | tr "\\\\000" x >/dev/shm/x; head -c 20M /dev/urandom >/root/state; sync';
        await Promise.all(clones.map((clone) => clone.ssh.run(['sh', '-c', spoil])));
        await expect(one?.freeze(join(lab.directory, 'again'))).rejects.toMatchObject({
          code: 'CANNOT_FREEZE',
        });
        await one?.shutdown(20_000);
        await two?.kill();
        expect(await digestsOf(bundle)).toEqual(before);
        expect(await readdir(lab.root)).toEqual([]);
      });

      test('is removed when it is not made ready to serve', async () => {
        const failing = { name: 'hook', run: () => Promise.reject(new Error('no')) };
        const beforeServing = (clone: VirtualMachine): Promise<void> =>
          refreshClone(clone, { hostname: 'x', hooks: [failing] });
        const refused = restoreMachine(bundle, { image, network: spec.network, beforeServing }, lab);
        await expect(refused).rejects.toMatchObject({ code: 'HOOK_FAILED' });
        expect(await readdir(lab.root)).toEqual([]);
        expect(await processesNaming(lab.root)).toEqual([]);
      });

      describe('is refused before anything is started', () => {
        test.each<[string, string, (frozen: FrozenMachine<HostCompatibility>) => unknown, MachineImage?]>([
          [
            'on another CPU',
            'CPU model',
            (frozen) => ({ compatibility: { ...frozen.compatibility, cpu_model: 'host' } }),
          ],
          [
            'on a CPU without a feature',
            'CPU without new',
            (frozen) => ({
              compatibility: {
                ...frozen.compatibility,
                cpu_flags: [...frozen.compatibility.cpu_flags, 'new'],
              },
            }),
          ],
          [
            'by another QEMU',
            'QEMU',
            (frozen) => ({ compatibility: { ...frozen.compatibility, qemu: '1.0' } }),
          ],
          [
            'as another machine type',
            'machine type',
            (frozen) => ({ compatibility: { ...frozen.compatibility, machine: 'pc-q35-1.0' } }),
          ],
          ['with another image', 'image', () => ({}), { ...image, id: 'other' }],
        ])('%s', async (_name, why, change, other = image) => {
          const frozen = await readFrozenMachine(bundle, QEMU_FROZEN);
          const path = join(bundle, 'machine.json');
          await writeFile(path, JSON.stringify({ ...frozen, ...(change(frozen) as object) }));
          expect(await attempt(other)).toMatchObject(refusal('HOST_INCOMPATIBLE', why));
          await writeFile(path, `${JSON.stringify(frozen)}\n`);
        });

        test.each(FROZEN_FILES)('when %s was changed', async (name) => {
          const path = join(bundle, name);
          const { mode, size } = await stat(path);
          await chmod(path, 0o644);
          const middle = Math.floor(size / 2);
          const first = await flipByte(path, middle);
          expect(await attempt()).toMatchObject(
            refusal('SNAPSHOT_DAMAGED', `${name} does not match its digest`),
          );
          await flipByte(path, middle, first);
          await appendFile(path, 'x');
          expect(await attempt()).toMatchObject(
            refusal('SNAPSHOT_DAMAGED', `${name} has ${size + 1} bytes instead of ${size}`),
          );
          await truncate(path, size);
          await rename(path, `${path}.away`);
          expect(await attempt()).toMatchObject(refusal('SNAPSHOT_DAMAGED', `${name} is missing`));
          await rename(`${path}.away`, path);
          await chmod(path, mode);
        });

        test('when its record is no record', async () => {
          await writeFile(join(bundle, 'machine.json'), '{"format":1}');
          expect(await attempt()).toMatchObject(refusal('SNAPSHOT_DAMAGED', 'is not the record'));
        });

        /** @returns how a restore is refused, and what it left */
        async function attempt(other: MachineImage = image): Promise<{ refused: unknown; left: string[] }> {
          const overrides = { image: other, network: spec.network, beforeServing: () => Promise.resolve() };
          const refused = await restoreMachine(bundle, overrides, lab).then(
            () => 'not at all',
            (error: unknown) => error,
          );
          return { refused, left: await readdir(lab.root) };
        }
      });
    });

    test('a q35 takes and gives back disks while it runs', async () => {
      await using lab = await machineLab(host);
      const machine = await createMachine({ ...spec, machine: 'q35', freezable: false }, lab);
      try {
        const path = join(lab.directory, 'disk, with a comma');
        await writeFile(path, Buffer.alloc(1 << 20, 'dewar'));
        await machine.addDisk({ id: 'data', path, format: 'raw', readOnly: true });
        const script =
          'for i in $(seq 100); do [ -b /dev/vdb ] && break; sleep 0.1; done; head -c 5 /dev/vdb; cat /sys/block/vdb/serial';
        expect((await machine.ssh.run(['sh', '-c', script])).stdout.toString()).toBe('dewardata');
        await machine.removeDevice('data');
        expect((await machine.ssh.run(['ls', '/sys/block'])).stdout.toString()).not.toContain('vdb');
        await expect(machine.removeDevice('data')).rejects.toMatchObject({ code: 'CANNOT_PLUG' });
        await expect(machine.freeze(join(lab.directory, 'b'))).rejects.toMatchObject({
          code: 'CANNOT_FREEZE',
        });
      } finally {
        await machine.shutdown(30_000);
      }
      expect(await readdir(lab.root)).toEqual([]);
    });
  },
);

/** What distinguishes a clone, as it says itself. */
async function identity(machine: VirtualMachine): Promise<Record<string, string> & { clockError: number }> {
  const script = `
    hostname; cat /root/state; pgrep -xcf 'sleep 1000'; head -c 16 /dev/urandom | od -An -tx1 | tr -d ' '
    cat /proc/sys/kernel/random/uuid /proc/sys/kernel/random/boot_id /etc/machine-id
    od -An -tx1 -N16 /dev/random | tr -d ' '; date +%s.%N`;
  const before = Date.now() / 1000;
  const { stdout } = await machine.ssh.run(['sh', '-c', script]);
  const after = Date.now() / 1000;
  const lines = stdout.toString().trim().split('\n');
  const names = ['hostname', 'state', 'sleeping', 'random', 'uuid', 'bootId', 'machineId', 'kernelRandom'];
  const named = Object.fromEntries(names.map((name, index) => [name, lines[index] ?? '']));
  // It was read at some moment of the time between.
  const clock = Number(lines.at(-1));
  const clockError = Math.max(0, before - clock, clock - after);
  return { ...named, clockError } as Record<string, string> & { clockError: number };
}

function refusal(code: string, why: string): object {
  return { refused: { code, message: expect.stringContaining(why) }, left: [] };
}

/** Changes a byte, or gives it back its value. @returns the old one */
async function flipByte(path: string, at: number, value?: number): Promise<number> {
  await using file = await open(path, 'r+');
  const buffer = Buffer.alloc(1);
  await file.read(buffer, 0, 1, at);
  const old = buffer.readUInt8();
  await file.write(Buffer.of(value ?? old ^ 0xff), 0, 1, at);
  return old;
}
