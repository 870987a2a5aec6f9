import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort } from '../../src/platform/free-port.ts';
import { temporaryDirectory } from '../support/git-repository.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import type { BuiltImage } from '../support/guest-image.ts';

/** The q35 of QEMU's software emulation boots without special arguments. */
const QEMU = '-M q35 -accel tcg -cpu max -m 256 -nodefaults -no-user-config -display none -no-reboot'.split(
  ' ',
);
const COMMAND_LINE = 'console=ttyS0 reboot=t panic=-1 ip=10.0.2.15::10.0.2.2:255.255.255.0:::off:10.0.2.3';

interface Guest extends AsyncDisposable {
  console(): Promise<string>;
  ssh(command: string, user?: string): Promise<string>;
  /** Waits for the end of QEMU. */
  ended: Promise<unknown>;
}

describe.skipIf(cannotBoot !== undefined)(`a guest that boots (skipped ${cannotBoot ?? 'never'})`, () => {
  let first: Guest;
  let second: Guest;

  beforeAll(async () => {
    const image = await guestImage();
    // one after the other: each takes a whole processor
    first = await boot(image, { fwCfg: true, hostname: 'one' });
    second = await boot(image, { fwCfg: false, hostname: 'two' });
  });

  afterAll(async () => {
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
  });

  test('obeys the keys of QEMU and those of the kernel command line, as root and as dewar', async () => {
    expect(await first.ssh('id -un')).toBe('root');
    expect(await first.ssh('id -un; id -u', 'dewar')).toBe('dewar\n1000');
    expect(await second.ssh('id -un')).toBe('root');
  });

  test('has an identity of its own, and tells its host key on the console', async () => {
    const identity = 'hostname; cat /etc/machine-id; cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub';
    const one = (await first.ssh(identity)).split('\n');
    const two = (await second.ssh(identity)).split('\n');
    expect([one[0], two[0]]).toEqual(['one', 'two']);
    expect(one[1]).toMatch(/^[0-9a-f]{32}$/);
    expect(one[1]).not.toBe(two[1]);
    expect(one[2]).not.toBe(two[2]);
    expect(await first.console()).toContain(`dewar: host key ${one[2]}`);
  });

  test('has the address, the route and the name server that it was told', async () => {
    expect(await first.ssh('ip -4 -br address show eth0')).toMatch(/UP\s+10\.0\.2\.15\/24/);
    expect(await first.ssh('ip route; cat /etc/resolv.conf')).toMatch(
      /default via 10\.0\.2\.2[^]*nameserver 10\.0\.2\.3/,
    );
  });

  test('fills a larger disk', async () => {
    const blocks = Number(await first.ssh('stat -f -c %b /'));
    expect(blocks * 4096).toBeGreaterThan(1.8 * 2 ** 30);
  });

  test('reaps what is orphaned', async () => {
    const zombies = 'ps -eo stat= | grep -c "^Z" || true';
    // Another program's may be there for a moment, also on a slow machine; one that nobody reaps stays.
    const gone = `for i in $(seq 50); do n=$(${zombies}); [ "$n" = 0 ] && break; sleep 0.2; done; echo "$n"`;
    expect(await first.ssh(`(sleep 0.2 & sleep 0.2 &) ; sleep 1; ${gone}`)).toBe('0');
  });

  test('knows its time, its modules and its kernel', async () => {
    expect(await first.ssh('lsmod | cut -d" " -f1')).toMatch(/virtio_net[^]*virtio_blk/);
    expect(await first.ssh('modprobe overlay && grep -c overlay /proc/filesystems')).toBe('1');
    expect(await first.ssh('uname -r')).toMatch(/-cloud-/);
  });

  test('powers off when it is asked', async () => {
    await first.ssh('poweroff');
    await first.ended;
    expect(await first.console()).toContain('Power down');
  });
});

/** Starts a guest of an image with a disk of 2 GiB, and waits until it says that it is ready. */
async function boot(image: BuiltImage, options: { fwCfg: boolean; hostname: string }): Promise<Guest> {
  const directory = await temporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('key')]);
  const key = await readFile(at('key.pub'), 'utf8');
  await execa('cp', ['--sparse=always', image.rootfs, at('disk')]);
  await execa('chmod', ['u+w', at('disk')]);
  await truncate(at('disk'), 2 * 2 ** 30);
  await writeFile(at('console'), '');
  const words = [COMMAND_LINE, `dewar.hostname=${options.hostname}`];
  if (!options.fwCfg) words.push(`dewar.authorized_key=${Buffer.from(key).toString('base64')}`);
  const port = await findFreePort();
  const devices = [
    ['-serial', `file:${at('console')}`],
    ['-kernel', image.kernel],
    ['-initrd', image.initrd],
    ['-append', words.join(' ')],
    ['-drive', `id=root,if=none,format=raw,file=${at('disk')}`],
    ['-device', 'virtio-blk-pci,drive=root'],
    ['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
    ['-device', 'virtio-net-pci,netdev=net'],
    ['-device', 'virtio-rng-pci'],
    options.fwCfg ? ['-fw_cfg', `name=opt/dewar/authorized_keys,file=${at('key.pub')}`] : [],
  ];
  const child = execa('qemu-system-x86_64', [...QEMU, ...devices.flat()]);
  const console = (): Promise<string> => readFile(at('console'), 'utf8');
  const end = child.catch((error: unknown) => error);
  while (!(await console()).includes('Server listening')) {
    if (child.exitCode !== null) throw new Error(`QEMU ended: ${String(await end)}\n${await console()}`);
    await sleep(200);
  }
  const quiet = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
  const ssh: Guest['ssh'] = async (command, user = 'root') => {
    const to = ['-i', at('key'), '-p', String(port), `${user}@127.0.0.1`, command];
    return (await execa('ssh', [...quiet.flatMap((option) => ['-o', option]), ...to])).stdout;
  };
  return {
    console,
    ssh,
    ended: end,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await end;
      await directory[Symbol.asyncDispose]();
    },
  };
}
