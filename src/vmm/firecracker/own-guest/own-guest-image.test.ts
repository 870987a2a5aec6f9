import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownGuestImage } from './own-guest-image.ts';
import type { OwnGuest } from './own-guest.ts';
import { readOwnGuest } from './read-own-guest.ts';

let directory = '';
let own: OwnGuest;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-own-'));
  for (const name of ['kernel', 'rootfs']) await writeFile(join(directory, name), name);
  own = readOwnGuest({
    kernel: 'kernel',
    rootfs: 'rootfs',
    guestKey: 'key',
    tapDevice: 'tap0',
    cwd: directory,
  });
});
afterEach(() => rm(directory, { recursive: true }));

const image = (changed: Partial<OwnGuest> = {}): ReturnType<typeof ownGuestImage> =>
  ownGuestImage({ ...own, ...changed }, { DEWAR_CACHE_DIR: join(directory, 'cache') });

test('has the address of the guest in the words for the kernel', async () => {
  expect(await image()).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    kernel: join(directory, 'kernel'),
    initrd: undefined,
    rootfs: join(directory, 'rootfs'),
    kernelArgs: 'ip=172.16.0.2::172.16.0.1:255.255.255.252::eth0:off',
  });
});

test('is another one as soon as a file, or who works in it, is another', async () => {
  const { id } = await image();
  expect((await image({ cpus: 1, key: '/other', socket: '/s' })).id).toBe(id);
  expect((await image({ user: 'build' })).id).not.toBe(id);
  expect((await image({ initrd: join(directory, 'kernel') })).id).not.toBe(id);
  await writeFile(join(directory, 'rootfs'), 'ROOTFS');
  expect((await image()).id).not.toBe(id);
});

test('what was read once is known, until it changes', async () => {
  // older than a tick of the clock
  await sleep(2_600);
  const { id } = await image();
  expect((await image()).id).toBe(id);
  // the same size and time of change, which a program may set
  await writeFile(join(directory, 'rootfs'), 'ROOTFS');
  await utimes(join(directory, 'rootfs'), 1, 1);
  expect((await image()).id).not.toBe(id);
});
