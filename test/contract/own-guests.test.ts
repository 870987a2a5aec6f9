import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { digestFile } from '../../src/platform/durable-files.ts';
import { makeKeyPair } from '../../src/platform/make-key-pair.ts';
import { createMachine } from '../../src/vmm/firecracker/create-machine.ts';
import type { Reach } from '../../src/vmm/firecracker/create-machine.ts';
import { ownGuestImage } from '../../src/vmm/firecracker/own-guest/own-guest-image.ts';
import type { OwnGuest } from '../../src/vmm/firecracker/own-guest/own-guest.ts';
import { reachOwnGuest } from '../../src/vmm/firecracker/own-guest/reach-own-guest.ts';
import { restoreMachine } from '../../src/vmm/firecracker/restore-machine.ts';
import { FROZEN_FILES } from '../../src/vmm/machine/freeze/frozen-machine.ts';
import type { MachineImage } from '../../src/vmm/machine/machine-image.ts';
import type { VirtualMachine } from '../../src/vmm/machine/virtual-machine.ts';
import type { TapNetwork } from '../../src/vmm/workspace-driver.ts';
import { noStandInGuest } from '../support/vmm-servers/stand-in-machine.ts';
import { vmmLab } from '../support/vmm-servers/vmm-lab.ts';
import type { VmmLab } from '../support/vmm-servers/vmm-lab.ts';

/** An image's disk that takes a key of ours, without the help of any agent. */
async function prepareGuest(lab: VmmLab, tap: TapNetwork): Promise<OwnGuest> {
  const key = join(lab.directory, 'guest-key');
  await makeKeyPair(key, 'operator');
  const rootfs = join(lab.directory, 'own-rootfs');
  await execa('cp', ['--sparse=always', lab.image.rootfs, rootfs]);
  await chmod(rootfs, 0o600);
  for (const home of ['/root', '/home/dewar'])
    for (const command of [`mkdir ${home}/.ssh`, `write ${key}.pub ${home}/.ssh/authorized_keys`])
      await execa('debugfs', ['-w', '-R', command, rootfs]);
  return {
    kernel: lab.image.kernel,
    initrd: lab.image.initrd,
    rootfs,
    user: 'root',
    host: tap.guest,
    key,
    network: {
      tap: tap.tap,
      mac: tap.mac,
      guestIp: tap.guest,
      hostIp: tap.host,
      netmask: '255.255.255.252',
    },
    cpus: 1,
    memoryMiB: 128,
    socket: undefined,
  };
}

function reachOf(own: OwnGuest): Reach {
  return (machine, context) => reachOwnGuest(machine, own, context);
}

async function boot(
  lab: VmmLab,
  own: OwnGuest,
  tap: TapNetwork,
): Promise<{ machine: VirtualMachine; image: MachineImage }> {
  const image = await ownGuestImage(own, lab.env);
  const machine = await createMachine(
    { image, cpus: 1, memoryMiB: 128, freezable: true, tap, socket: own.socket, reach: reachOf(own) },
    lab,
  );
  onTestFinished(() => machine.kill());
  return { machine, image };
}

function restore(
  lab: VmmLab,
  bundle: string,
  own: OwnGuest,
  { tap, image }: { tap: TapNetwork; image: MachineImage },
  beforeServing: (machine: VirtualMachine) => Promise<void> = () => Promise.resolve(),
): Promise<VirtualMachine> {
  return restoreMachine(bundle, { image, tap, socket: own.socket, reach: reachOf(own), beforeServing }, lab);
}

function callsOf(lab: VmmLab): unknown[] {
  return lab.control.entries().flatMap((entry) => ('call' in entry ? [entry.call] : []));
}

describe.skipIf(noStandInGuest !== undefined)(
  `a guest of one's own, of the stand-in of Firecracker${noStandInGuest === undefined ? '' : ` (${noStandInGuest})`}`,
  () => {
    test('is reached by its key alone, frozen, and brought back with its host key pinned', async () => {
      await using lab = await vmmLab('firecracker', { guests: true });
      const tap = await lab.tap();
      const own = { ...(await prepareGuest(lab, tap)), socket: join(lab.directory, 'api') };
      const asGiven = await digestFile(own.rootfs);
      const { machine, image } = await boot(lab, own, tap);
      expect((await machine.ssh.run(['id', '-u'])).stdout.toString()).toBe('0\n');
      expect((await machine.agent.run('ip', ['-4', '-o', 'address'])).stdout.toString()).toContain(tap.guest);
      await machine.ssh.run(['sh', '-c', 'echo frozen >/root/state; sync']);

      const bundle = join(lab.directory, 'bundle');
      const frozen = await machine.freeze(bundle);
      expect(frozen).toMatchObject({
        driver: 'firecracker',
        host_key: expect.stringMatching(/^ssh-ed25519 /) as string,
        kernel_args: `ip=${tap.guest}::${tap.host}:255.255.255.252::eth0:off`,
      });
      expect(await lab.left()).toEqual({ files: [], processes: [] });
      expect(await digestFile(own.rootfs)).toEqual(asGiven);
      expect(await readdir(lab.directory)).not.toContain('api');

      const digests = (): Promise<unknown> =>
        Promise.all(FROZEN_FILES.map((name) => digestFile(join(bundle, name))));
      const asFrozen = await digests();
      const seen: string[] = [];
      const clone = await restore(lab, bundle, own, { tap, image }, async (guest) => {
        seen.push((await guest.ssh.run(['cat', '/root/state'])).stdout.toString());
      });
      expect(seen).toEqual(['frozen\n']);
      await clone.ssh.run(['sh', '-c', 'echo thawed >/root/state; sync']);
      await clone.shutdown(20_000);
      expect(await digests()).toEqual(asFrozen);
      expect(await lab.left()).toEqual({ files: [], processes: [] });

      // the address is in its memory
      const elsewhere = { ...own, network: { ...own.network, guestIp: '10.9.9.2', hostIp: '10.9.9.1' } };
      const other = { tap, image: await ownGuestImage(elsewhere, lab.env) };
      const before = callsOf(lab);
      await expect(restore(lab, bundle, elsewhere, other)).rejects.toMatchObject({
        code: 'HOST_INCOMPATIBLE',
        message: expect.stringContaining('ip=10.9.9.2::10.9.9.1') as string,
      });
      expect(callsOf(lab)).toEqual(before);

      const record = join(bundle, 'machine.json');
      const text = await readFile(record, 'utf8');
      const anotherKey = (await readFile(`${own.key}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
      await chmod(record, 0o600);
      await writeFile(record, text.replace(/"host_key":"[^"]*"/, `"host_key":"${anotherKey}"`));
      await expect(restore(lab, bundle, own, { tap, image })).rejects.toMatchObject({
        code: 'SSH_FAILED',
        message: expect.stringContaining('Host key verification failed') as string,
      });
      expect(await lab.left()).toEqual({ files: [], processes: [] });
    });

    test.each<[string, (own: OwnGuest, lab: VmmLab) => Promise<Partial<OwnGuest>>, object]>([
      [
        'that does not take the key',
        async (_, { directory }) => {
          await makeKeyPair(join(directory, 'other'), 'other');
          return { key: join(directory, 'other') };
        },
        { code: 'SSH_FAILED', message: expect.stringContaining('Permission denied') },
      ],
      [
        'whose user has no rights',
        () => Promise.resolve({ user: 'dewar' }),
        { code: 'GUEST_UNFIT', message: expect.stringContaining('sudo') },
      ],
      [
        'that nobody answers for',
        (_, lab) => {
          lab.deadlines.boot = 2_000;
          return Promise.resolve({ host: '198.18.0.3' });
        },
        { code: 'GUEST_SILENT', message: expect.stringContaining('no sshd answered on 198.18.0.3:22') },
      ],
    ])('leaves nothing of one %s', async (_name, spoil, error) => {
      await using lab = await vmmLab('firecracker', { guests: true });
      const tap = await lab.tap();
      const own = await prepareGuest(lab, tap);
      await expect(boot(lab, { ...own, ...(await spoil(own, lab)) }, tap)).rejects.toMatchObject(error);
      expect(await lab.left()).toEqual({ files: [], processes: [] });
    });
  },
);
