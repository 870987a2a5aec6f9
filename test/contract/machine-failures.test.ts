import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DewarError } from '../../src/core/errors.ts';
import { findFreePort } from '../../src/platform/free-port.ts';
import { createMachine } from '../../src/vmm/qemu/create-machine.ts';
import { endNow } from '../../src/vmm/machine/end-vmm.ts';
import { launchQemu } from '../../src/vmm/qemu/process/launch-qemu.ts';
import { claimDirectory, removeMachine } from '../../src/vmm/machine/machine-directory.ts';
import { MACHINE_FILES, machinePaths } from '../../src/vmm/machine/machine-paths.ts';
import type { MachinePaths } from '../../src/vmm/machine/machine-paths.ts';
import { processesOfMachine } from '../../src/vmm/machine/processes-of-machine.ts';
import type { NetworkPlan } from '../../src/vmm/qemu/plan/plan-qemu.ts';
import { sweepMachines } from '../../src/vmm/machine/sweep-machines.ts';
import { canMount, mountTmpfs } from '../support/mounted.ts';
import { processesNaming } from '../support/processes-naming.ts';
import { findQemuLab, machineLab, smallMachine } from '../support/qemu-lab.ts';

const found = await findQemuLab();

describe.skipIf('why' in found)(
  `machines in QEMU that fail${'why' in found ? ` (not here: ${found.why})` : ''}`,
  () => {
    if ('why' in found) return;
    const { host, image } = found;
    const spec = smallMachine(image);

    test('a kernel that panics is an error that quotes it', async () => {
      await using lab = await machineLab(host);
      const broken = { ...image, kernelArgs: 'rdinit=/nothing init=/nothing root=/dev/nothing' };
      const failed: unknown = await createMachine({ ...spec, image: broken }, lab).catch(
        (error: unknown) => error,
      );
      expect(failed).toMatchObject({ code: 'GUEST_PANIC', message: expect.stringContaining('VFS') });
      expect(await readdir(lab.root)).toEqual([]);
      const log = /read (\S+console\.log)/.exec((failed as DewarError).mend)?.[1] ?? '';
      expect(await readFile(log, 'utf8')).toContain('Kernel panic');
    });

    test('a guest that never answers is ended at its deadline, and what it said last is quoted', async () => {
      await using lab = await machineLab(host);
      const silent = { ...image, kernelArgs: 'rdinit=/bin/busybox -- sleep 1000' };
      const hurried = { ...lab, env: { ...lab.env, DEWAR_SLOW: '1' }, deadlines: { boot: 3_000 } };
      await expect(createMachine({ ...spec, image: silent }, hurried)).rejects.toMatchObject({
        code: 'GUEST_SILENT',
        message: expect.stringContaining('within 3 s'),
      });
      expect(await readdir(lab.root)).toEqual([]);
      expect(await processesNaming(lab.root)).toEqual([]);
    });

    test('what cannot be is refused before QEMU starts: no image, no room', async () => {
      await using lab = await machineLab(host);
      const missing = { ...image, kernel: '/nowhere/kernel' };
      await expect(createMachine({ ...spec, image: missing }, lab)).rejects.toMatchObject({
        code: 'IMAGE_MISSING',
        mend: expect.stringContaining('dewar image build'),
      });
      await expect(createMachine({ ...spec, memoryMiB: 2 ** 22 }, lab)).rejects.toMatchObject({
        code: 'NO_SPACE',
      });
      expect(await readdir(lab.root)).toEqual([]);
    });

    test.skipIf(!canMount)(
      'no room while freezing: an error, and nothing is left (needs root to mount)',
      async () => {
        await using lab = await machineLab(host);
        const small = join(lab.directory, 'small');
        await mkdir(small);
        await using disk = await mountTmpfs(small, 'size=20m');
        const machine = await createMachine(spec, lab);
        try {
          await expect(machine.freeze(join(disk.path, 'bundle'))).rejects.toMatchObject({
            code: 'NO_SPACE',
            message: expect.stringContaining(small),
            mend: expect.stringContaining('dewar snapshots rm'),
          });
        } finally {
          await machine.kill();
        }
        expect(await readdir(join(small, 'bundle'))).toEqual([]);
        expect(await readdir(lab.root)).toEqual([]);
        expect(await processesNaming(lab.root)).toEqual([]);
      },
    );

    test('a port that somebody else takes at the last moment: another one; all of them: an error', async () => {
      await using lab = await machineLab(host);
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void taken.close());
      const { port } = taken.address() as AddressInfo;
      const free = await findFreePort();
      const launch = async (ports: number[]): Promise<void> => {
        const owned = await claimDirectory(lab.root);
        try {
          const plan = (network: NetworkPlan): string[] => barePlan(owned.paths, network);
          const findPort = (): Promise<number> => Promise.resolve(ports.shift() ?? port);
          const options = {
            program: host.qemu.path,
            paths: owned.paths,
            hardware: { machine: 'none', cpus: 1, memoryMiB: 64, mac: '', network: 'user' as const },
            network: spec.network,
            plan,
            findPort,
          };
          const qemu = await launchQemu(options, lab);
          expect(qemu.sshPort).toBe(free);
          await endNow(qemu.process);
        } finally {
          await removeMachine(owned);
        }
      };
      await launch([port, port, free]);
      await expect(launch([])).rejects.toMatchObject({
        code: 'PORT_TAKEN',
        message: expect.stringContaining(String(port)),
      });
      expect(await readdir(lab.root)).toEqual([]);
    });

    test('a QEMU that did not answer in time: what it may have plugged in is known, and can be taken away', async () => {
      await using lab = await machineLab(host);
      const hurried = { ...lab, deadlines: { answer: 1_500 } };
      const machine = await createMachine({ ...spec, machine: 'q35', freezable: false }, hurried);
      const disk = { id: 'data', path: join(lab.directory, 'disk'), format: 'raw', readOnly: true } as const;
      await writeFile(disk.path, Buffer.alloc(1 << 20, 'dewar'));
      const [pid = 0] = await processesOfMachine(machinePaths(join(lab.root, machine.id)));
      process.kill(pid, 'SIGSTOP');
      try {
        await expect(machine.addDisk(disk)).rejects.toMatchObject({ code: 'NO_ANSWER' });
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await expect(machine.addDisk(disk)).rejects.toMatchObject({ code: 'CANNOT_PLUG' });
      await machine.removeDevice('data');
      await machine.addDisk(disk);
      await machine.removeDevice('data');
      await machine.kill();
      expect(await readdir(lab.root)).toEqual([]);
    });

    test('a machine whose owner was killed is swept, one whose owner lives is not', async () => {
      await using lab = await machineLab(host);
      const orphan = join(lab.root, '0123456789abcdef');
      await mkdir(orphan, { recursive: true });
      const args = ['-machine', 'none', '-display', 'none', '-pidfile', join(orphan, 'qemu.pid')];
      const child = spawn(host.qemu.path, args, { detached: true, stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await sweepMachines(lab);
      await ended;
      expect(lab.events).toMatchObject([{ type: 'note', message: expect.stringContaining(orphan) }]);
      expect(await readdir(lab.root)).toEqual([]);

      const owned = await claimDirectory(lab.root);
      await sweepMachines(lab);
      expect(await readdir(lab.root)).toHaveLength(1);
      await owned.lock.release();
      await sweepMachines(lab);
      expect(await readdir(lab.root)).toEqual([]);
    });
  },
);

/** A machine without a guest that listens as others do. */
function barePlan(paths: MachinePaths, network: NetworkPlan): string[] {
  if (network.kind !== 'user') throw new Error('this is for user networking');
  return [
    '-machine microvm -S -nodefaults -no-user-config -display none -mon chardev=monitor,mode=control'.split(
      ' ',
    ),
    ['-pidfile', paths.pid],
    ['-chardev', `socket,id=monitor,path=${MACHINE_FILES.monitor},server=on,wait=off`],
    ['-chardev', `socket,id=agent,path=${MACHINE_FILES.agent},server=on,wait=off`],
    ['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${network.sshPort}-:22`],
  ].flat();
}
