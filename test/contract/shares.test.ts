import { lstat, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesWithVariable } from '../../src/platform/processes-with-variable.ts';
import { createMachine } from '../../src/vmm/qemu/create-machine.ts';
import { findVirtiofsd } from '../../src/vmm/machine/shares/find-virtiofsd.ts';
import { oneShareVariable, shareVariable } from '../../src/vmm/machine/machine-paths.ts';
import type { VirtualMachine } from '../../src/vmm/machine/virtual-machine.ts';
import { HOTPLUG_SLOTS } from '../../src/vmm/qemu/plan/plan-qemu.ts';
import { unmountInGuest } from '../../src/workspace/unmount-in-guest.ts';
import { findQemuLab, machineLab, smallMachine } from '../support/qemu-lab.ts';
import type { MachineLab } from '../support/qemu-lab.ts';

const found = await findQemuLab();
const virtiofsd = await findVirtiofsd({ ...process.env } as Record<string, string>).then(
  ({ path }) => path,
  () => undefined,
);

const CALM = { force: false, signal: undefined };
const POSSIBLE = 'touch /rw/made/possible';

describe.skipIf('why' in found || virtiofsd === undefined)(
  'directories of this host in a guest, by virtiofsd',
  () => {
    if ('why' in found) return;
    let lab: MachineLab;
    let machine: VirtualMachine;
    let source = '';
    beforeAll(async () => {
      lab = await machineLab(found.host);
      source = join(lab.directory, `a 'directory', with "a lot"\n-o`);
      await mkdir(join(source, '.dewar'), { recursive: true });
      await mkdir(join(source, 'sub', 'project'), { recursive: true });
      await writeFile(join(source, '.dewar', 'key'), 'secret');
      for (const name of ['file', 'dewar.config.ts', 'sub/project/config'])
        await writeFile(join(source, name), 'host');
      machine = await createMachine({ ...smallMachine(found.image), machine: 'q35', freezable: false }, lab);
    });
    afterAll(async () => {
      await machine.kill();
      await lab[Symbol.asyncDispose]();
    });

    const inGuest = async (script: string): Promise<string> => {
      const { stdout, stderr } = await machine.ssh.run(['sh', '-c', script]);
      return `${stdout.toString()}${stderr}`;
    };
    /** What the guest's user may do with his own hands. */
    const asUser = (script: string): Promise<string> =>
      inGuest(`setpriv --reuid 1000 --regid 1000 --clear-groups sh -c '${script}'`);
    /** The steps that the guest could do, each on a line; before them one that it can. */
    const worked = (steps: readonly string[]): Promise<string> =>
      inGuest(
        [POSSIBLE, ...steps]
          .map((step) => `(${step}) >/dev/null 2>&1 && echo '${step.replaceAll("'", '"')}'`)
          .join('\n'),
      );

    test('belong to the user of the guest there, and to the user of this host here', async () => {
      const readOnlyPaths = ['dewar.config.ts', 'sub/project/config'];
      await machine.addShare({ id: 'rw', source, readOnly: false, hidden: ['.dewar'], readOnlyPaths });
      expect(
        await inGuest('mkdir /rw; mount -t virtiofs -o nosuid,nodev rw /rw; stat -c %u:%g /rw /rw/file'),
      ).toBe('1000:1000\n1000:1000\n');
      expect(
        await asUser('cd /rw; mkdir made; echo guest >made/new; echo more >>file; stat -c %u:%g made/new'),
      ).toBe('1000:1000\n');
      const made = await lstat(join(source, 'made', 'new'));
      expect([made.uid, made.gid]).toEqual([process.getuid?.(), process.getgid?.()]);
      expect(await readFile(join(source, 'file'), 'utf8')).toBe('hostmore\n');
    });

    test.skipIf(process.getuid?.() !== 0)(
      'get files from the root of the guest that are nobody else’s',
      async () => {
        expect(await inGuest('echo x >/rw/of-root; stat -c %u /rw/of-root')).toBe('0\n');
        expect((await lstat(join(source, 'of-root'))).uid).toBe(2_000_000_000);
      },
    );

    test('keep what is protected from a guest that is root', async () => {
      expect(await inGuest('ls -A /rw/.dewar; cat /rw/dewar.config.ts')).toBe('host');
      expect(
        await worked([
          'cat /rw/.dewar/key',
          'touch /rw/.dewar/x',
          'rmdir /rw/.dewar',
          'rm -rf /rw/.dewar',
          'perl -e "exit !rename q(/rw/.dewar), q(/rw/z)"',
          'umount /rw/.dewar',
          'echo x >/rw/dewar.config.ts',
          'rm -f /rw/dewar.config.ts',
          'chmod 666 /rw/dewar.config.ts',
          'touch /rw/dewar.config.ts',
          'perl -e "exit !rename q(/rw/dewar.config.ts), q(/rw/z)"',
          'perl -e "exit !rename q(/rw/made/new), q(/rw/dewar.config.ts)"',
          'ln /rw/dewar.config.ts /rw/z',
          'echo x >/rw/sub/project/config',
          'perl -e "exit !rename q(/rw/sub), q(/rw/z)"',
          'perl -e "exit !rename q(/rw/sub/project), q(/rw/z)"',
          'mount -o remount,rw /rw; echo x >/rw/dewar.config.ts',
        ]),
      ).toBe(`${POSSIBLE}\n`);
      expect(await readFile(join(source, '.dewar', 'key'), 'utf8')).toBe('secret');
      expect(await readFile(join(source, 'sub', 'project', 'config'), 'utf8')).toBe('host');
    });

    test('get no set-user-ID program and no device from a guest that is root', async () => {
      expect(
        await worked([
          'touch /rw/s; chmod 4755 /rw/s',
          'chmod 2755 /rw/made/new',
          'perl -e "umask 0; sysopen F, q(/rw/t), 0101, 04755 or die"',
          'mknod /rw/c c 1 3',
          'mknod /rw/b b 8 0',
          'setcap cap_net_raw+ep /rw/s',
          'chown 33 /rw/s',
        ]),
      ).toBe(`${POSSIBLE}\n`);
      const modes = await Promise.all(
        (await readdir(source)).map(async (name) => (await lstat(join(source, name))).mode),
      );
      expect(modes.filter((mode) => (mode & 0o6000) !== 0)).toEqual([]);
    });

    test('can be read-only for a guest that is root', async () => {
      await machine.addShare({ id: 'ro', source, readOnly: true });
      expect(await inGuest('mkdir /ro; mount -t virtiofs ro /ro && cat /ro/sub/project/config')).toBe('host');
      expect(await inGuest('mount -o remount,rw /ro; echo x >/ro/new; rm /ro/file')).toMatch(/Read-only/);
    });

    test('can be open as often as this process may open files', async () => {
      const [pid = 0] = await processesWithVariable(oneShareVariable(join(machine.directory, 'share-rw')));
      const limits = await readFile(`/proc/${pid}/limits`, 'utf8');
      const [, soft, hard] = /Max open files +(\d+) +(\d+)/.exec(limits) ?? [];
      expect(Number(soft)).toBeGreaterThanOrEqual(Math.min(Number(hard), 1_000_000));
    });

    test('are unmounted when nobody uses them, or by force', async () => {
      await machine.addShare({ id: 'busy', source, readOnly: true });
      await inGuest('mkdir /busy; mount -t virtiofs busy /busy; sleep 1000 >/dev/null 2>&1 9</busy/file &');
      await expect(unmountInGuest(machine.ssh, '/busy', CALM)).rejects.toMatchObject({
        code: 'MOUNT_BUSY',
        message: expect.stringMatching(/^\/busy is in use in the guest by sleep \(\d+\)$/),
      });
      await unmountInGuest(machine.ssh, '/busy', { ...CALM, force: true });
      await machine.removeDevice('busy');
      expect(await inGuest('cat /ro/file')).toMatch(/^host/);
    });

    test('are refused when they are none, or what should be protected is not there', async () => {
      const nowhere = { id: 'no', source: join(source, 'no'), readOnly: false };
      await expect(machine.addShare(nowhere)).rejects.toMatchObject({ code: 'SHARE_FAILED' });
      await expect(
        machine.addShare({ id: 'no', source, readOnly: false, hidden: ['no'] }),
      ).rejects.toMatchObject({
        code: 'SHARE_FAILED',
        message: expect.stringContaining('no: No such file or directory'),
      });
    });

    test('can be as many as there are slots, and are taken away', async () => {
      const daemons = (): Promise<number[]> => processesWithVariable(shareVariable(machine.directory));
      const extra = Array.from({ length: HOTPLUG_SLOTS.length - 2 }, (_, index) => `more-${index}`);
      for (const id of extra) await machine.addShare({ id, source, readOnly: true });
      await expect(machine.addShare({ id: 'one-more', source, readOnly: true })).rejects.toMatchObject({
        code: 'CANNOT_PLUG',
      });
      expect(
        await inGuest(
          `mkdir /m; mount -t virtiofs ${extra.at(-1)} /m && cat /m/dewar.config.ts; umount /m /ro /rw`,
        ),
      ).toBe('host');
      for (const id of [...extra, 'ro', 'rw']) await machine.removeDevice(id);
      expect(await daemons()).toEqual([]);
      await machine.addShare({ id: 'again', source, readOnly: false });
      expect(await daemons()).not.toEqual([]);
      await machine.kill();
      expect(await daemons()).toEqual([]);
      expect(await readdir(lab.root)).toEqual([]);
    });
  },
);
