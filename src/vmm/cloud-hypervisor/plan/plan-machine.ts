import { DewarError } from '../../../core/errors.ts';
import type { VmConfig } from './vm-config.ts';

/** All that decides a machine. Paths are absolute, or relative to the machine's directory, where the VMM runs. */
export interface MachinePlanInput {
  cpus: number;
  memoryMiB: number;
  memory: Memory;
  /** Added to the kernel's command line. */
  kernelArgs: string;
  initrd: boolean;
  /** A raw file of this machine alone. */
  disk: string;
  /** Name of a TAP with one queue. */
  tap: string;
  mac: string;
}

export type Memory =
  /** Of this process alone, and of what serves shares. */
  | { kind: 'private' }
  /** A new file of that size that will be a snapshot's memory. */
  | { kind: 'record'; path: string }
  /** A snapshot's memory: read where it was not written, never written to. */
  | { kind: 'restore'; path: string };

/**
 * Names in the machine's directory that are there until its guest has started. Cloud Hypervisor starts a guest that reboots, or
 * panics, anew in the same process; without them it cannot, and ends.
 */
export const BOOT_NAMES = {
  directory: 'boot',
  kernel: 'boot/kernel',
  initrd: 'boot/initrd',
  console: 'boot/console',
} as const;

/** Host's side of the guest's vsock; relative, as the path of a socket is short. */
export const VSOCK_NAME = 'vsock.sock';
const GUEST_CID = 3;
const MEBIBYTE = 2 ** 20;

/**
 * @returns the body of vm.create; the same as config.json makes vm.restore look for the devices of a frozen machine
 * @throws DewarError BAD_MACHINE for names and numbers that Cloud Hypervisor would take for something else
 */
export function planMachine(input: MachinePlanInput): VmConfig {
  check(input);
  const { cpus, kernelArgs, initrd, disk, tap, mac, memory } = input;
  return {
    payload: {
      kernel: BOOT_NAMES.kernel,
      ...(initrd ? { initramfs: BOOT_NAMES.initrd } : {}),
      // Nobody answers for an address at boot: the agent sets it.
      cmdline: ['console=ttyS0 panic=-1 root=/dev/vda rw ip=off', kernelArgs].join(' ').trimEnd(),
    },
    cpus: { boot_vcpus: cpus, max_vcpus: cpus, nested: false },
    memory: memoryOf(memory, input.memoryMiB * MEBIBYTE),
    // A raw disk that is not said to be one is taken for what its first bytes, the guest's, say.
    disks: [{ id: 'root', path: disk, image_type: 'Raw' }],
    // One pair of queues: a TAP that was not made for more takes no other number.
    net: [{ id: 'net', tap, mac, num_queues: 2 }],
    rng: { src: '/dev/urandom' },
    // What the guest frees is the host's again; a snapshot's file must not lose it.
    ...(memory.kind === 'private' ? { balloon: { size: 0, free_page_reporting: true } } : {}),
    vsock: { id: 'vsock', cid: GUEST_CID, socket: VSOCK_NAME },
    serial: { mode: 'File', file: BOOT_NAMES.console },
    console: { mode: 'Off' },
  };
}

/**
 * Memory that is a shared file is left out of a snapshot, as the file has it already; the same file mapped privately is read as
 * the guest asks for it, and never written.
 */
function memoryOf(memory: Memory, size: number): VmConfig['memory'] {
  // The daemon of a share reads and writes it.
  if (memory.kind === 'private') return { size, shared: true };
  return { size: 0, zones: [{ id: 'memory', size, file: memory.path, shared: memory.kind === 'record' }] };
}

function check({ cpus, memoryMiB, mac, tap }: MachinePlanInput): void {
  const wrong =
    (!isWithin(cpus, 1, 254) && `${cpus} CPUs`) ||
    (!isWithin(memoryMiB, 64, 2 ** 22) && `${memoryMiB} MiB of memory`) ||
    (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) && `MAC address ${mac}`) ||
    (!/^[\w.-]{1,15}$/.test(tap) && `TAP name ${tap}`);
  if (wrong === false) return;
  throw new DewarError({
    code: 'BAD_MACHINE',
    message: `no machine of Cloud Hypervisor can have ${wrong}`,
    mend: 'use 1 to 254 CPUs, 64 MiB to 4 TiB, and a TAP name of at most 15 letters',
  });
}

function isWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
