import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesWithVariable } from '../../src/platform/processes-with-variable.ts';
import { findSftpServer } from '../../src/vmm/find-sftp-server.ts';
import { createMachine } from '../../src/vmm/qemu/create-machine.ts';
import { shareVariable } from '../../src/vmm/machine/machine-paths.ts';
import type { VirtualMachine } from '../../src/vmm/machine/virtual-machine.ts';
import type { ResolvedConfig } from '../../src/config/resolved-config.ts';
import { attachShare } from '../../src/workspace/attach-mounts.ts';
import { detachMount } from '../../src/workspace/detach-mount.ts';
import type { HeldMachine } from '../../src/workspace/hold-machine.ts';
import type { Journal } from '../../src/workspace/journal.ts';
import type { WorkspaceContext } from '../../src/workspace/workspace-context.ts';
import { unmountInGuest } from '../../src/workspace/unmount-in-guest.ts';
import { guestImage } from '../support/guest-image.ts';
import { findQemuLab, machineLab, smallMachine } from '../support/qemu-lab.ts';
import type { MachineLab } from '../support/qemu-lab.ts';

const found = await findQemuLab();
const server = await findSftpServer({}).catch(() => undefined);
const CALM = { force: false, signal: undefined };

describe.skipIf('why' in found || server === undefined)('directories of this host in a guest, by ssh', () => {
  if ('why' in found) return;
  let lab: MachineLab;
  let machine: VirtualMachine;
  let source = '';
  beforeAll(async () => {
    lab = await machineLab(found.host);
    source = join(lab.directory, `a 'directory', with "a lot"\n-o`);
    await mkdir(join(source, '.dewar'), { recursive: true });
    await writeFile(join(source, '.dewar', 'key'), 'secret');
    for (const name of ['file', 'dewar.config.ts']) await writeFile(join(source, name), 'host');
    await symlink('../up', join(source, 'link'));
    const image = await guestImage('systemd');
    machine = await createMachine(
      { ...smallMachine(image), memoryMiB: 512, machine: 'q35', freezable: false },
      { ...lab, env: { ...lab.env, DEWAR_VIRTIOFSD: '/nowhere' } },
    );
  });
  afterAll(async () => {
    await machine.kill();
    await lab[Symbol.asyncDispose]();
  });

  const inGuest = async (script: string, ...args: string[]): Promise<string> => {
    const { stdout, stderr } = await machine.ssh.run(['sh', '-c', script, 'sh', ...args]);
    return `${stdout.toString()}${stderr}`;
  };
  const asUser = (script: string): Promise<string> => inGuest('exec runuser -u dewar -- sh -c "$1"', script);
  const served = (): Promise<number[]> => processesWithVariable(shareVariable(machine.directory));

  test('belong to the user of the guest there, and to the user of this host here', async () => {
    const target = '/home/dewar/the project/"here"';
    await machine.addSshShare({
      id: 'rw',
      source,
      target,
      readOnly: false,
      hidden: ['.dewar'],
      readOnlyPaths: ['dewar.config.ts'],
    });
    const script = `cd; stat -c %U 'the project'; cd 'the project/"here"'; stat -c %U . file; readlink link
      echo guest >new; echo more >>file; mkdir made; mv new made/; chmod 700 made/new; ls -A .dewar; cat dewar.config.ts`;
    expect(await asUser(script)).toBe('dewar\ndewar\ndewar\n../up\nhost');
    expect(await readFile(join(source, 'made', 'new'), 'utf8')).toBe('guest\n');
    expect(await readFile(join(source, 'file'), 'utf8')).toBe('hostmore\n');
  });

  test('show what this host changes', async () => {
    await writeFile(join(source, 'file'), 'changed');
    await sleep(2_500);
    expect(await asUser('cat ~/the*/*/file')).toBe('changed');
  });

  test('can be read-only for a guest that is root', async () => {
    await machine.addSshShare({
      id: 'ro',
      source,
      target: '/ro',
      readOnly: true,
      hidden: [],
      readOnlyPaths: [],
    });
    expect(
      await inGuest('cat /ro/dewar.config.ts; mount -o remount,rw /ro; echo x >/ro/new; rm -f /ro/file'),
    ).toMatch(/^host[^]*cannot create \/ro\/new[^]*cannot remove '\/ro\/file'/);
  });

  test('are refused when they are none, or the guest cannot mount them', async () => {
    const share = { id: 'no', source, target: '/proc/no', readOnly: false, hidden: [], readOnlyPaths: [] };
    await expect(machine.addSshShare(share)).rejects.toMatchObject({
      code: 'SHARE_FAILED',
      message: expect.stringMatching(/cannot create directory/),
    });
    await expect(machine.addSshShare({ ...share, target: '/no', hidden: ['no'] })).rejects.toMatchObject({
      code: 'SHARE_FAILED',
      message: expect.stringContaining('no: No such file or directory'),
    });
    await expect(machine.addSshShare({ ...share, source: join(source, 'no') })).rejects.toMatchObject({
      code: 'SHARE_FAILED',
    });
  });

  test('are unmounted when nobody uses them, or by force', async () => {
    await inGuest('cd /ro; (sleep 1000 9<file & mount -t tmpfs x /mnt) >/dev/null 2>&1');
    await expect(unmountInGuest(machine.ssh, '/ro', CALM)).rejects.toMatchObject({
      code: 'MOUNT_BUSY',
      message: expect.stringMatching(/^\/ro is in use in the guest by sleep \(\d+\)$/),
    });
    expect(await served()).not.toEqual([]);
    await unmountInGuest(machine.ssh, '/ro', { ...CALM, force: true });
    await machine.removeSshShare('ro');
    await unmountInGuest(machine.ssh, '/home/dewar/the project/"here"', CALM);
    await machine.removeSshShare('rw');
    expect(await served()).toEqual([]);
    await unmountInGuest(machine.ssh, '/never/mounted', CALM);
  });

  test('take the place of virtiofs where that cannot be had, with a note, and go', async () => {
    const config = {
      directory: source,
      codeFiles: [join(source, 'dewar.config.ts')],
      mounts: [],
    } as unknown as ResolvedConfig;
    const journal: Journal = { format: 1, state: 'up', machine: undefined, mounts: [] };
    const held = {
      journal,
      note: (change: Partial<Journal>) => Promise.resolve(void Object.assign(journal, change)),
    } as unknown as HeldMachine;
    const context = { ...lab, signal: undefined } as unknown as WorkspaceContext;
    const share = { type: 'share', source, readonly: false, optional: false, origin: 'user' } as const;
    const mount = await attachShare(machine, { ...share, target: '~/project' }, config, held, context);
    expect(lab.events).toContainEqual({
      type: 'note',
      message: expect.stringMatching(/is shared by ssh, which is slower: DEWAR_VIRTIOFSD=\/nowhere/),
    });
    expect(journal.mounts).toEqual([
      {
        id: expect.stringMatching(/^share-[0-9a-f]{8}$/),
        kind: 'ssh',
        source,
        target: '~/project',
        readonly: false,
      },
    ]);
    expect(await asUser('cd ~/project; ls -A .dewar; echo x >dewar.config.ts; cat dewar.config.ts')).toMatch(
      /^host/,
    );
    await detachMount(machine, mount, held, CALM);
    expect(journal.mounts).toEqual([]);
    expect(await served()).toEqual([]);
  });

  test('end with the machine, whoever is there to see it', async () => {
    await machine.addSshShare({
      id: 'rw',
      source,
      target: '/rw',
      readOnly: false,
      hidden: [],
      readOnlyPaths: [],
    });
    expect(await served()).not.toEqual([]);
    process.kill(machine.pid, 'SIGKILL');
    await expect.poll(served, { timeout: 20_000 }).toEqual([]);
  });
});
