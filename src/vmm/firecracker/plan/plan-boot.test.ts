import { describe, expect, test } from 'vitest';
import { planAction } from './plan-action.ts';
import { planBoot } from './plan-boot.ts';
import type { BootPlanInput } from './plan-boot.ts';

const INPUT: BootPlanInput = {
  cpus: 4,
  memoryMiB: 2048,
  boot: { kernel: '/cache/vmlinux', initrd: '/images/initrd', args: 'dewar.credentials=wait' },
  disk: { path: 'root.raw', durable: false },
  placeholder: undefined,
  network: { tap: 'dewar-03', mac: '02:64:77:61:72:03' },
  vsock: 'vsock.sock',
};

describe('a new machine of Firecracker', () => {
  test('is configured, then started', () => {
    expect(planBoot(INPUT)).toEqual([
      {
        method: 'PUT',
        path: '/machine-config',
        body: { vcpu_count: 4, mem_size_mib: 2048, smt: false },
      },
      {
        method: 'PUT',
        path: '/boot-source',
        body: {
          kernel_image_path: '/cache/vmlinux',
          initrd_path: '/images/initrd',
          boot_args: 'console=ttyS0 reboot=k panic=-1 pci=off root=/dev/vda rw ip=off dewar.credentials=wait',
        },
      },
      {
        method: 'PUT',
        path: '/drives/root',
        body: {
          drive_id: 'root',
          path_on_host: 'root.raw',
          is_root_device: false,
          is_read_only: false,
          cache_type: 'Unsafe',
        },
      },
      {
        method: 'PUT',
        path: '/network-interfaces/net',
        body: { iface_id: 'net', host_dev_name: 'dewar-03', guest_mac: '02:64:77:61:72:03' },
      },
      { method: 'PUT', path: '/vsock', body: { guest_cid: 3, uds_path: 'vsock.sock' } },
      { method: 'PUT', path: '/entropy', body: {} },
    ]);
    expect(planAction('InstanceStart')).toEqual({
      method: 'PUT',
      path: '/actions',
      body: { action_type: 'InstanceStart' },
    });
  });

  test('flushes a disk that outlives it, and has an empty one after it', () => {
    const plan = planBoot({
      ...INPUT,
      disk: { path: '/w/.dewar/root.image', durable: true },
      placeholder: 'plug.raw',
    });
    expect(plan.filter(({ path }) => path.startsWith('/drives/'))).toEqual([
      {
        method: 'PUT',
        path: '/drives/root',
        body: {
          drive_id: 'root',
          path_on_host: '/w/.dewar/root.image',
          is_root_device: false,
          is_read_only: false,
          cache_type: 'Writeback',
        },
      },
      {
        method: 'PUT',
        path: '/drives/plug',
        body: {
          drive_id: 'plug',
          path_on_host: 'plug.raw',
          is_root_device: false,
          is_read_only: true,
          cache_type: 'Unsafe',
        },
      },
    ]);
  });

  test('needs no initrd, and no more words for its kernel', () => {
    const plan = planBoot({ ...INPUT, boot: { kernel: '/k', args: '' } });
    expect(plan[1]?.body).toEqual({
      kernel_image_path: '/k',
      boot_args: 'console=ttyS0 reboot=k panic=-1 pci=off root=/dev/vda rw ip=off',
    });
  });

  test.each([
    ['33 CPUs', { cpus: 33 }],
    ['0 CPUs', { cpus: 0 }],
    ['63 MiB of memory', { memoryMiB: 63 }],
    ['TAP name a/b', { network: { ...INPUT.network, tap: 'a/b' } }],
    ['MAC address 02', { network: { ...INPUT.network, mac: '02' } }],
  ])('has not %s', (what, part) => {
    expect(() => planBoot({ ...INPUT, ...part })).toThrow(
      expect.objectContaining({ code: 'BAD_MACHINE', message: expect.stringContaining(what) }),
    );
  });
});
