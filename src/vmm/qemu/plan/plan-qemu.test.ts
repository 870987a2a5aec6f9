import { describe, expect, test } from 'vitest';
import { planQemu } from './plan-qemu.ts';
import type { QemuPlanInput } from './plan-qemu.ts';

const MICROVM: QemuPlanInput = {
  version: { major: 10, minor: 0 },
  accelerator: 'tcg',
  sandbox: true,
  tscKilohertz: 2_300_000,
  hardware: { machine: 'microvm', cpus: 2, memoryMiB: 512, mac: '52:54:00:01:02:03', network: 'user' },
  memory: { kind: 'record', path: '/m/mem_file' },
  boot: { kernel: '/i/kernel', initrd: '/i/initrd', args: 'quiet' },
  disk: { overlay: '/m/root.qcow2', image: '/i/root,fs' },
  network: { kind: 'user', sshPort: 2222, restrict: true },
  directory: '/m',
  incoming: false,
};

describe('the command line of QEMU', () => {
  test('of a microvm that will be frozen', () => {
    expect(planQemu(MICROVM)).toEqual([
      '-no-user-config',
      '-nodefaults',
      '-display',
      'none',
      '-no-reboot',
      '-msg',
      'timestamp=on',
      '-sandbox',
      'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
      '-pidfile',
      '/m/qemu.pid',
      '-machine',
      'microvm,accel=tcg,acpi=on,rtc=on,pcie=off,memory-backend=memory',
      '-global',
      'virtio-mmio.force-legacy=false',
      '-m',
      '512M',
      '-object',
      '{"qom-type":"memory-backend-file","id":"memory","size":536870912,"mem-path":"/m/mem_file","share":true}',
      '-cpu',
      'max',
      '-smp',
      '2',
      '-kernel',
      '/i/kernel',
      '-initrd',
      '/i/initrd',
      '-append',
      'console=ttyS0 reboot=t panic=-1 root=/dev/vda rw tsc_early_khz=2300000 tsc=reliable quiet',
      '-blockdev',
      '{"driver":"raw","node-name":"image","read-only":true,"file":{"driver":"file","filename":"/i/root,fs","read-only":true}}',
      '-blockdev',
      '{"driver":"qcow2","node-name":"root","backing":"image","file":{"driver":"file","filename":"/m/root.qcow2","read-only":false},"discard":"unmap"}',
      '-device',
      'virtio-blk-device,drive=root',
      '-netdev',
      'user,id=net,ipv6=off,hostfwd=tcp:127.0.0.1:2222-:22,restrict=on',
      '-device',
      'virtio-net-device,netdev=net,mac=52:54:00:01:02:03',
      '-object',
      '{"qom-type":"rng-random","id":"rng","filename":"/dev/urandom"}',
      '-device',
      'virtio-rng-device,rng=rng',
      '-chardev',
      'file,id=console,path=console.log',
      '-serial',
      'chardev:console',
      '-chardev',
      'socket,id=agent,path=agent.sock,server=on,wait=off',
      '-device',
      'virtio-serial-device,id=ports',
      '-device',
      'virtserialport,bus=ports.0,chardev=agent,name=org.qemu.guest_agent.0',
      '-chardev',
      'socket,id=monitor,path=qmp.sock,server=on,wait=off',
      '-mon',
      'chardev=monitor,mode=control',
    ]);
  });

  test('of a restored one differs in memory, disk and what it waits for alone', () => {
    const restored = planQemu({
      ...MICROVM,
      memory: { kind: 'restore', path: '/b/mem_file' },
      disk: { ...MICROVM.disk, frozen: '/b/rootfs.backing' },
      incoming: true,
    });
    const before = planQemu(MICROVM);
    expect(restored.filter((word) => !before.includes(word))).toEqual([
      '{"qom-type":"memory-backend-file","id":"memory","size":536870912,"mem-path":"/b/mem_file","share":false,"readonly":true,"rom":"off"}',
      '{"driver":"qcow2","node-name":"frozen","backing":"image","file":{"driver":"file","filename":"/b/rootfs.backing","read-only":true},"read-only":true}',
      '{"driver":"qcow2","node-name":"root","backing":"frozen","file":{"driver":"file","filename":"/m/root.qcow2","read-only":false},"discard":"unmap"}',
      '-S',
      '-incoming',
      'defer',
    ]);
  });

  test('of QEMU before 8.2 opens the memory of a snapshot as it must', () => {
    const memory = { kind: 'restore', path: '/b/mem_file' } as const;
    const words = planQemu({ ...MICROVM, version: { major: 7, minor: 2 }, memory });
    expect(words.find((word) => word.includes('mem-path'))).toMatch(/"share":false}$/);
  });

  test('of a q35 with KVM, a TAP and slots', () => {
    const words = planQemu({
      ...MICROVM,
      accelerator: 'kvm',
      sandbox: false,
      hardware: { ...MICROVM.hardware, machine: 'pc-q35-10.0', network: 'tap' },
      memory: { kind: 'private' },
      boot: { kernel: '/i/kernel', args: '' },
      network: { kind: 'tap', name: 'dewar0' },
    });
    expect(words).not.toContain('-sandbox');
    expect(words).not.toContain('-initrd');
    // Shares need memory that their daemons can see.
    expect(words).toContain(
      '{"qom-type":"memory-backend-memfd","id":"memory","size":536870912,"share":true}',
    );
    expect(words).toEqual(
      expect.arrayContaining([
        'pc-q35-10.0,accel=kvm,sata=off,smbus=off,vmport=off,memory-backend=memory',
        'host',
        'console=ttyS0 reboot=t panic=-1 root=/dev/vda rw',
        'tap,id=net,ifname=dewar0,script=no,downscript=no',
        'virtio-blk-pci,drive=root',
        'pcie-root-port,id=slot15,chassis=16,slot=16',
      ]),
    );
  });

  test('of a machine without a network has none', () => {
    const words = planQemu({
      ...MICROVM,
      hardware: { ...MICROVM.hardware, network: 'none' },
      network: { kind: 'none' },
    });
    expect(words.filter((word) => word.includes('net'))).toEqual([]);
  });

  test.each([
    ['machine type q35,x=y', { hardware: { ...MICROVM.hardware, machine: 'q35,x=y' } }],
    ['0 CPUs', { hardware: { ...MICROVM.hardware, cpus: 0 } }],
    ['0.5 MiB', { hardware: { ...MICROVM.hardware, memoryMiB: 0.5 } }],
    ['MAC address x', { hardware: { ...MICROVM.hardware, mac: 'x' } }],
    ['port 0', { network: { kind: 'user', sshPort: 0, restrict: false } }],
    ['network none', { network: { kind: 'none' } }],
    [
      'TAP name a,script=x',
      {
        hardware: { ...MICROVM.hardware, network: 'tap' },
        network: { kind: 'tap', name: 'a,script=x' },
      },
    ],
  ] satisfies [string, Partial<QemuPlanInput>][])('refuses %s', (what, change) => {
    expect(() => planQemu({ ...MICROVM, ...change })).toThrow(
      expect.objectContaining({ code: 'BAD_MACHINE', message: expect.stringContaining(what) }),
    );
  });
});
