import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeKeyPair } from '../../../platform/make-key-pair.ts';
import { checkOwnGuest } from './check-own-guest.ts';
import type { OwnGuest } from './own-guest.ts';
import { readOwnGuest } from './read-own-guest.ts';

let directory = '';
let devices = '';
let own: OwnGuest;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-own-'));
  devices = join(directory, 'net');
  await mkdir(join(devices, 'tap0'), { recursive: true });
  await writeFile(join(devices, 'tap0', 'tun_flags'), '0x1002\n');
  await writeFile(join(devices, 'tap0', 'flags'), '0x1003\n');
  for (const name of ['kernel', 'rootfs']) await writeFile(join(directory, name), name);
  await makeKeyPair(join(directory, 'key'), 'test');
  own = readOwnGuest({
    kernel: 'kernel',
    rootfs: 'rootfs',
    guestKey: 'key',
    tapDevice: 'tap0',
    cwd: directory,
  });
});
afterEach(() => rm(directory, { recursive: true }));

const check = (): Promise<void> => checkOwnGuest(own, devices);

test('all is there', async () => {
  await expect(check()).resolves.toBeUndefined();
});

describe('what is missing is said before anything starts', () => {
  test.each<[string, () => Promise<unknown>, { code: string; message: RegExp }]>([
    [
      'no such device',
      () => rm(join(devices, 'tap0'), { recursive: true }),
      { code: 'TAP_MISSING', message: /tap0: there is no such network device/ },
    ],
    [
      'a device that is no TAP',
      () => rm(join(devices, 'tap0', 'tun_flags')),
      { code: 'TAP_MISSING', message: /tap0 is no TAP/ },
    ],
    [
      'a TAP that is down',
      () => writeFile(join(devices, 'tap0', 'flags'), '0x1002\n'),
      { code: 'TAP_DOWN', message: /tap0 is not up/ },
    ],
    [
      'no kernel',
      () => rm(join(directory, 'kernel')),
      { code: 'OWN_FILE_MISSING', message: /--kernel .*there is no such file/ },
    ],
    [
      'a root file system without a byte',
      () => writeFile(join(directory, 'rootfs'), ''),
      { code: 'OWN_FILE_MISSING', message: /--rootfs .*it is empty/ },
    ],
    [
      'a link in its place',
      async () => {
        await rm(join(directory, 'rootfs'));
        await symlink('kernel', join(directory, 'rootfs'));
      },
      { code: 'OWN_FILE_MISSING', message: /--rootfs .*it is no regular file/ },
    ],
    [
      'no key',
      () => rm(join(directory, 'key')),
      { code: 'GUEST_KEY_UNUSABLE', message: /--guest-key .*there is no such file/ },
    ],
    [
      'a key for everybody',
      () => chmod(join(directory, 'key'), 0o644),
      { code: 'GUEST_KEY_UNUSABLE', message: /others may read it/ },
    ],
    [
      'the public half of a key',
      async () => {
        await rm(join(directory, 'key'));
        await writeFile(join(directory, 'key'), 'ssh-ed25519 AAAA\n', { mode: 0o600 });
      },
      { code: 'GUEST_KEY_UNUSABLE', message: /no private key without a passphrase/ },
    ],
    [
      'a key with a passphrase',
      async () => {
        await rm(join(directory, 'key'));
        await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', join(directory, 'key')]);
      },
      { code: 'GUEST_KEY_UNUSABLE', message: /no private key without a passphrase/ },
    ],
  ])('%s', async (_name, spoil, { code, message }) => {
    await spoil();
    await expect(check()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});

test('mends say how a TAP is made', async () => {
  await rm(join(devices, 'tap0'), { recursive: true });
  await expect(check()).rejects.toMatchObject({
    mend: 'as root, run: ip tuntap add dev tap0 mode tap user $USER; ip address add 172.16.0.1/255.255.255.252 dev tap0; ip link set tap0 up',
  });
});

describe('the socket', () => {
  test('is not taken from another program', async () => {
    own = { ...own, socket: join(directory, 'api') };
    const server = await listen(join(directory, 'api'));
    await expect(check()).rejects.toMatchObject({ code: 'SOCKET_IN_USE' });
    server.close();
  });

  test('that a dead program has left is removed', async () => {
    own = { ...own, socket: join(directory, 'api') };
    const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    await execa(process.execPath, ['-e', script, join(directory, 'api')], { reject: false });
    expect(await readdir(directory)).toContain('api');
    await check();
    expect(await readdir(directory)).not.toContain('api');
  });

  test('is no other file', async () => {
    own = { ...own, socket: join(directory, 'kernel') };
    await expect(check()).rejects.toMatchObject({ code: 'SOCKET_IN_USE', message: /no socket/ });
  });
});

async function listen(path: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}
