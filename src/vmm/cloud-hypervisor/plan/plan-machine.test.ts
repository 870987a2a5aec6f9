import { expect, test } from 'vitest';
import { planMachine } from './plan-machine.ts';
import type { MachinePlanInput } from './plan-machine.ts';

const INPUT: MachinePlanInput = {
  cpus: 2,
  memoryMiB: 512,
  memory: { kind: 'private' },
  kernelArgs: 'dewar.credentials=wait',
  initrd: true,
  disk: '/w/.dewar/root.qcow2',
  tap: 'dewar-07',
  mac: '02:64:77:61:72:07',
};

test('a machine of a workspace: memory that its daemons of shares reach, and a balloon that gives back what is free', () => {
  expect(planMachine(INPUT)).toEqual({
    payload: {
      kernel: 'boot/kernel',
      initramfs: 'boot/initrd',
      cmdline: 'console=ttyS0 panic=-1 root=/dev/vda rw ip=off dewar.credentials=wait',
    },
    cpus: { boot_vcpus: 2, max_vcpus: 2, nested: false },
    memory: { size: 536_870_912, shared: true },
    disks: [{ id: 'root', path: '/w/.dewar/root.qcow2', image_type: 'Raw' }],
    net: [{ id: 'net', tap: 'dewar-07', mac: '02:64:77:61:72:07', num_queues: 2 }],
    rng: { src: '/dev/urandom' },
    balloon: { size: 0, free_page_reporting: true },
    vsock: { id: 'vsock', cid: 3, socket: 'vsock.sock' },
    serial: { mode: 'File', file: 'boot/console' },
    console: { mode: 'Off' },
  });
});

test('a machine that is to be frozen has its memory in a shared file, and no balloon that could punch holes into it', () => {
  const { memory, balloon } = planMachine({ ...INPUT, memory: { kind: 'record', path: 'mem_file' } });
  expect(memory).toEqual({
    size: 0,
    zones: [{ id: 'memory', size: 536_870_912, file: 'mem_file', shared: true }],
  });
  expect(balloon).toBeUndefined();
});

test('a restored machine differs from the recorded one in nothing but the place of its memory, which is private', () => {
  const recorded = planMachine({ ...INPUT, memory: { kind: 'record', path: 'mem_file' } });
  const restored = planMachine({ ...INPUT, memory: { kind: 'restore', path: '/b/mem_file' } });
  const zones = [{ id: 'memory', size: 536_870_912, file: '/b/mem_file', shared: false }];
  expect(restored).toEqual({ ...recorded, memory: { size: 0, zones } });
});

test('without an initrd and words of its own', () => {
  const { payload } = planMachine({ ...INPUT, initrd: false, kernelArgs: '' });
  expect(payload).toEqual({
    kernel: 'boot/kernel',
    cmdline: 'console=ttyS0 panic=-1 root=/dev/vda rw ip=off',
  });
});

test.each([
  [{ cpus: 0 }, '0 CPUs'],
  [{ cpus: 255 }, '255 CPUs'],
  [{ memoryMiB: 63 }, '63 MiB of memory'],
  [{ mac: '02:64' }, 'MAC address 02:64'],
  [{ tap: 'a-name-that-is-too-long' }, 'TAP name a-name-that-is-too-long'],
])('refuses %j', (wrong, what) => {
  expect(() => planMachine({ ...INPUT, ...wrong })).toThrow(
    `no machine of Cloud Hypervisor can have ${what}`,
  );
});
