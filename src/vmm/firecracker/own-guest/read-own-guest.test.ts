import { describe, expect, test } from 'vitest';
import type { OwnGuestFlags } from './own-guest.ts';
import { readOwnGuest } from './read-own-guest.ts';

const NEEDED: OwnGuestFlags = {
  cwd: '/srv',
  kernel: 'vmlinux',
  rootfs: '/images/rootfs.ext4',
  guestKey: 'keys/id_ed25519',
  tapDevice: 'tap0',
};

test('most flags have a default', () => {
  expect(readOwnGuest(NEEDED)).toEqual({
    kernel: '/srv/vmlinux',
    initrd: undefined,
    rootfs: '/images/rootfs.ext4',
    user: 'root',
    host: '172.16.0.2',
    key: '/srv/keys/id_ed25519',
    network: {
      tap: 'tap0',
      mac: '06:00:ac:10:00:02',
      guestIp: '172.16.0.2',
      hostIp: '172.16.0.1',
      netmask: '255.255.255.252',
    },
    cpus: 4,
    memoryMiB: 8192,
    socket: undefined,
  });
});

test('each can be given; the address of ssh follows that of the guest', () => {
  const flags = {
    guestIp: '10.1.2.3',
    hostIp: '10.1.2.254',
    netmask: '255.255.255.0',
    guestMac: '02:00:00:00:00:01',
  };
  const more = { initrd: 'initrd', vcpus: 2, memMib: 512, socket: 'fc.sock' };
  expect(readOwnGuest({ ...NEEDED, ...flags, ...more })).toMatchObject({
    user: 'root',
    host: '10.1.2.3',
    network: {
      mac: '02:00:00:00:00:01',
      guestIp: '10.1.2.3',
      hostIp: '10.1.2.254',
      netmask: '255.255.255.0',
    },
    initrd: '/srv/initrd',
    cpus: 2,
    memoryMiB: 512,
    socket: '/srv/fc.sock',
  });
  const named = readOwnGuest({ ...NEEDED, guestAddr: 'build@guest.example' });
  expect(named).toMatchObject({ user: 'build', host: 'guest.example' });
});

test('two addresses are enough', () => {
  const flags = { netmask: '255.255.255.254', guestIp: '10.0.0.1', hostIp: '10.0.0.0' };
  expect(readOwnGuest({ ...NEEDED, ...flags }).network).toMatchObject({
    guestIp: '10.0.0.1',
    hostIp: '10.0.0.0',
  });
});

describe('what cannot be is refused by the name of its flag', () => {
  test.each<[string, Partial<OwnGuestFlags>, RegExp]>([
    ['no kernel', { kernel: undefined }, /^--kernel is missing/],
    ['no root file system', { rootfs: undefined }, /^--rootfs is missing/],
    ['no key', { guestKey: undefined }, /^--guest-key is missing/],
    ['no TAP', { tapDevice: undefined }, /^--tap-device is missing/],
    ['an empty path', { rootfs: '' }, /^--rootfs is "", and must be a path/],
    ['a name that no device has', { tapDevice: 'a-name-of-17-bytes' }, /^--tap-device/],
    ['a path in the place of a TAP', { tapDevice: '../tap' }, /^--tap-device/],
    ['a word of the command line', { tapDevice: 'tap0 rw' }, /^--tap-device/],
    ['half an address', { guestIp: '172.16.0' }, /^--guest-ip .* an IPv4 address/],
    ['a range', { guestIp: '172.16.0.2/30' }, /^--guest-ip .* an IPv4 address/],
    ['a name', { hostIp: 'host' }, /^--host-ip .* an IPv4 address/],
    ['the network itself', { guestIp: '172.16.0.0' }, /^--guest-ip .* the first and the last of a \/30/],
    ['everybody', { guestIp: '172.16.0.3' }, /^--guest-ip .* the first and the last of a \/30/],
    ['one address twice', { hostIp: '172.16.0.2' }, /^--host-ip .* another address/],
    ['two networks', { hostIp: '172.16.0.5' }, /^--host-ip .* guest's network 172\.16\.0\.2\/30/],
    ['a mask with holes', { netmask: '255.0.255.0' }, /^--netmask/],
    ['a prefix in the place of a mask', { netmask: '30' }, /^--netmask/],
    ['room for one', { netmask: '255.255.255.255' }, /^--netmask/],
    ['the address of many cards', { guestMac: '01:00:5e:00:00:01' }, /^--guest-mac/],
    ['five bytes', { guestMac: '06:00:AC:10:00' }, /^--guest-mac/],
    ['no user', { guestAddr: '172.16.0.2' }, /^--guest-addr .* user@host/],
    ['an option of ssh', { guestAddr: 'root@-oProxyCommand=x' }, /^--guest-addr/],
    ['an option as the user', { guestAddr: '-l@host' }, /^--guest-addr/],
    ['no CPU', { vcpus: 0 }, /^--vcpus .* from 1 to 32/],
    ['too many CPUs', { vcpus: 33 }, /^--vcpus .* from 1 to 32/],
    ['no memory', { memMib: 1 }, /^--mem-mib/],
    [
      'a socket that nobody can listen on',
      { socket: `/${'s'.repeat(107)}` },
      /^--socket .* at most 107 bytes/,
    ],
  ])('%s', (_name, flags, message) => {
    expect(() => readOwnGuest({ ...NEEDED, ...flags })).toThrow(
      expect.objectContaining({ code: 'BAD_OWN_GUEST', message: expect.stringMatching(message) as string }),
    );
  });
});
