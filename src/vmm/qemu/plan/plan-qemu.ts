import { DewarError } from '../../../core/errors.ts';
import { isAtLeast } from '../host/find-qemu.ts';
import { SANDBOX } from '../host/sandbox.ts';
import type { Accelerator } from '../host/qemu-host.ts';
import type { Hardware } from '../../machine/hardware.ts';
import { MACHINE_FILES } from '../../machine/machine-paths.ts';

/** All that decides QEMU's command line. Paths are absolute, or relative to the machine's directory, where QEMU runs. */
export interface QemuPlanInput {
  version: { major: number; minor: number };
  accelerator: Accelerator;
  sandbox: boolean;
  tscKilohertz: number;
  /** Its machine: `microvm`, or the full name of a q35, such as `pc-q35-10.0`. */
  hardware: Hardware;
  memory: Memory;
  boot: { kernel: string; initrd?: string | undefined; args: string };
  disk: DiskChain;
  network: NetworkPlan;
  /** Absolute; its pidfile's path is the word by which the process is found again. */
  directory: string;
  /** Waits, with its CPUs stopped, for a state to be loaded. */
  incoming: boolean;
}

export type Memory =
  /** Of this process alone. */
  | { kind: 'private' }
  /** A new file that will be a snapshot's memory. */
  | { kind: 'record'; path: string }
  /** A snapshot's memory: read where it was not written, never written to. */
  | { kind: 'restore'; path: string };

export interface DiskChain {
  /** qcow2, this machine's own. */
  overlay: string;
  /** qcow2, read-only: the frozen disk of a snapshot. */
  frozen?: string | undefined;
  /** Raw, read-only: the image. */
  image: string;
}

export type NetworkPlan =
  | { kind: 'none' }
  /** QEMU's own network: the guest reaches what this process may reach, unless `restrict`. */
  | { kind: 'user'; sshPort: number; restrict: boolean }
  | { kind: 'tap'; name: string };

/** Slots of a q35 into which devices can be plugged while it runs. */
export const HOTPLUG_SLOTS: readonly string[] = Array.from({ length: 16 }, (_, index) => `slot${index}`);
export const GUEST_AGENT_PORT = 'org.qemu.guest_agent.0';

/**
 * @returns QEMU's arguments
 * @throws DewarError BAD_MACHINE for names and numbers that QEMU would take for something else
 */
export function planQemu(input: QemuPlanInput): string[] {
  check(input);
  const micro = isMicrovm(input.hardware);
  const bus = micro ? 'device' : 'pci';
  const groups: readonly (readonly string[])[] = [
    ['-no-user-config', '-nodefaults', '-display', 'none', '-no-reboot', '-msg', 'timestamp=on'],
    input.sandbox ? ['-sandbox', SANDBOX] : [],
    ['-pidfile', `${input.directory}/${MACHINE_FILES.pid}`],
    machineArgs(input, micro),
    ['-cpu', input.accelerator === 'kvm' ? 'host' : 'max', '-smp', String(input.hardware.cpus)],
    ['-kernel', input.boot.kernel],
    input.boot.initrd === undefined ? [] : ['-initrd', input.boot.initrd],
    ['-append', kernelCommandLine(input, micro)],
    diskArgs(input.disk, bus),
    networkArgs(input, bus),
    ['-object', json({ 'qom-type': 'rng-random', id: 'rng', filename: '/dev/urandom' })],
    ['-device', `virtio-rng-${bus},rng=rng`],
    ['-chardev', `file,id=console,path=${MACHINE_FILES.console}`, '-serial', 'chardev:console'],
    ['-chardev', `socket,id=agent,path=${MACHINE_FILES.agent},server=on,wait=off`],
    ['-device', `virtio-serial-${bus},id=ports`],
    ['-device', `virtserialport,bus=ports.0,chardev=agent,name=${GUEST_AGENT_PORT}`],
    ['-chardev', `socket,id=monitor,path=${MACHINE_FILES.monitor},server=on,wait=off`],
    ['-mon', 'chardev=monitor,mode=control'],
    micro ? [] : HOTPLUG_SLOTS.flatMap(rootPort),
    // What the guest frees is the host's again: its memory is a limit, not a reservation.
    micro ? [] : ['-device', 'virtio-balloon-pci,free-page-reporting=on'],
    input.incoming ? ['-S', '-incoming', 'defer'] : [],
  ];
  return groups.flat();
}

export function isMicrovm(hardware: Pick<Hardware, 'machine'>): boolean {
  return hardware.machine === 'microvm';
}

function machineArgs({ hardware, accelerator, memory, version }: QemuPlanInput, micro: boolean): string[] {
  const backend = memoryBackend(memory, hardware.memoryMiB * 2 ** 20, version, micro);
  const options = [
    hardware.machine,
    `accel=${accelerator}`,
    ...(micro ? ['acpi=on', 'rtc=on', 'pcie=off'] : ['sata=off', 'smbus=off', 'vmport=off']),
    ...(backend === undefined ? [] : ['memory-backend=memory']),
  ];
  return [
    '-machine',
    options.join(','),
    ...(micro ? ['-global', 'virtio-mmio.force-legacy=false'] : []),
    '-m',
    `${hardware.memoryMiB}M`,
    ...(backend === undefined ? [] : ['-object', json(backend)]),
  ];
}

function memoryBackend(
  memory: Memory,
  size: number,
  version: QemuPlanInput['version'],
  micro: boolean,
): object | undefined {
  const common = { id: 'memory', size };
  // The daemon of a share, for which only a q35 has slots, reads and writes the guest's memory.
  if (memory.kind === 'private')
    return micro ? undefined : { 'qom-type': 'memory-backend-memfd', ...common, share: true };
  return {
    'qom-type': 'memory-backend-file',
    ...common,
    'mem-path': memory.path,
    share: memory.kind === 'record',
    // Before 8.2 a file that is opened read-only gives the guest memory that it cannot write.
    ...(memory.kind === 'restore' && isAtLeast(version, 8, 2) ? { readonly: true, rom: 'off' } : {}),
  };
}

function kernelCommandLine({ boot, accelerator, tscKilohertz }: QemuPlanInput, micro: boolean): string {
  return [
    // A panic ends QEMU: it reboots at once, which -no-reboot makes an end.
    'console=ttyS0 reboot=t panic=-1 root=/dev/vda rw',
    // Without a timer that TCG emulates well enough the kernel would wait for ever while it measures its clock.
    ...(micro && accelerator === 'tcg' ? [`tsc_early_khz=${tscKilohertz} tsc=reliable`] : []),
    ...(boot.args === '' ? [] : [boot.args]),
  ].join(' ');
}

function diskArgs({ overlay, frozen, image }: DiskChain, bus: string): string[] {
  return [
    '-blockdev',
    json({ driver: 'raw', 'node-name': 'image', 'read-only': true, file: file(image, true) }),
    ...(frozen === undefined
      ? []
      : ['-blockdev', json({ ...qcow2('frozen', 'image', file(frozen, true)), 'read-only': true })]),
    '-blockdev',
    json({
      ...qcow2('root', frozen === undefined ? 'image' : 'frozen', file(overlay, false)),
      discard: 'unmap',
    }),
    '-device',
    `virtio-blk-${bus},drive=root`,
  ];
}

function file(filename: string, readOnly: boolean): object {
  return { driver: 'file', filename, 'read-only': readOnly };
}

/** What a file says of its own backing is never followed: the chain is named here. */
function qcow2(name: string, backing: string, file: object): object {
  return { driver: 'qcow2', 'node-name': name, backing, file };
}

function networkArgs({ network, hardware }: QemuPlanInput, bus: string): string[] {
  if (network.kind === 'none') return [];
  const backend =
    network.kind === 'tap'
      ? `tap,id=net,ifname=${network.name},script=no,downscript=no`
      : `user,id=net,ipv6=off,hostfwd=tcp:127.0.0.1:${network.sshPort}-:22${network.restrict ? ',restrict=on' : ''}`;
  return ['-netdev', backend, '-device', `virtio-net-${bus},netdev=net,mac=${hardware.mac}`];
}

function rootPort(id: string, index: number): string[] {
  return ['-device', `pcie-root-port,id=${id},chassis=${index + 1},slot=${index + 1}`];
}

function json(value: object): string {
  return JSON.stringify(value);
}

function check({ hardware, network }: QemuPlanInput): void {
  const { machine, cpus, memoryMiB, mac } = hardware;
  const wrong =
    (!/^(microvm|pc-q35-[0-9]+\.[0-9]+)$/.test(machine) && `machine type ${machine}`) ||
    (!isWithin(cpus, 1, 256) && `${cpus} CPUs`) ||
    (!isWithin(memoryMiB, 64, 2 ** 22) && `${memoryMiB} MiB of memory`) ||
    (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) && `MAC address ${mac}`) ||
    (network.kind === 'tap' && !/^[\w.-]{1,15}$/.test(network.name) && `TAP name ${network.name}`) ||
    (network.kind === 'user' && !isWithin(network.sshPort, 1, 65_535) && `port ${network.sshPort}`) ||
    (network.kind !== hardware.network && `network ${network.kind} in a machine for ${hardware.network}`);
  if (wrong === false) return;
  throw new DewarError({
    code: 'BAD_MACHINE',
    message: `no machine can have ${wrong}`,
    mend: 'use microvm or pc-q35-<version>, 1 to 256 CPUs, 64 MiB to 4 TiB, and a TAP name of at most 15 letters',
  });
}

function isWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
