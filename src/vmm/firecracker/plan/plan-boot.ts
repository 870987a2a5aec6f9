import { DewarError } from '../../../core/errors.ts';
import type { ApiRequest } from './api-request.ts';
import { GUEST_CID, IDS } from './ids.ts';

/** All that decides what a new machine is made of. Paths are absolute, or relative to the directory in which Firecracker runs. */
export interface BootPlanInput {
  cpus: number;
  memoryMiB: number;
  boot: {
    /** An ELF file. */
    kernel: string;
    initrd?: string | undefined;
    /** Added to the kernel's command line. */
    args: string;
  };
  disk: {
    path: string;
    /** What the guest was told to be on the disk is on that of the host: for a disk that outlives the machine. */
    durable: boolean;
  };
  /** An empty file in the place of a disk that comes later; undefined: none will. */
  placeholder: string | undefined;
  network: { tap: string; mac: string };
  /** Path of the socket by which programs of this host reach the guest's. */
  vsock: string;
}

export const MOST_CPUS = 32;

/**
 * Firecracker takes a machine's parts in any order, and none once it has started. There is no balloon: what a guest gives back
 * would have to be taken again from a clone's memory file.
 * @throws DewarError BAD_MACHINE for what Firecracker would refuse later, or take for something else
 */
export function planBoot(input: BootPlanInput): ApiRequest[] {
  check(input);
  const { cpus, memoryMiB, boot, disk, placeholder, network, vsock } = input;
  return [
    put('/machine-config', { vcpu_count: cpus, mem_size_mib: memoryMiB, smt: false }),
    put('/boot-source', {
      kernel_image_path: boot.kernel,
      ...(boot.initrd === undefined ? {} : { initrd_path: boot.initrd }),
      boot_args: kernelCommandLine(boot.args),
    }),
    put(`/drives/${IDS.root}`, {
      drive_id: IDS.root,
      path_on_host: disk.path,
      // With it Firecracker would write a `root=` of its own, without an initrd in mind.
      is_root_device: false,
      is_read_only: false,
      cache_type: disk.durable ? 'Writeback' : 'Unsafe',
    }),
    ...(placeholder === undefined ? [] : [planPlaceholder(placeholder)]),
    put(`/network-interfaces/${IDS.network}`, {
      iface_id: IDS.network,
      host_dev_name: network.tap,
      guest_mac: network.mac,
    }),
    put('/vsock', { guest_cid: GUEST_CID, uds_path: vsock }),
    put('/entropy', {}),
  ];
}

/** Disks keep their order: this one comes after the root disk. */
function planPlaceholder(path: string): ApiRequest {
  return put(`/drives/${IDS.plug}`, {
    drive_id: IDS.plug,
    path_on_host: path,
    is_root_device: false,
    is_read_only: true,
    cache_type: 'Unsafe',
  });
}

function kernelCommandLine(args: string): string {
  return [
    // A reset by the keyboard controller is the one end of a guest that ends Firecracker; a panic resets at once.
    'console=ttyS0 reboot=k panic=-1 pci=off',
    // The first disk. Whoever owns the machine gives the guest its address, unless the kernel does.
    `root=/dev/vda rw${/(^| )ip=/.test(args) ? '' : ' ip=off'}`,
    ...(args === '' ? [] : [args]),
  ].join(' ');
}

function check({ cpus, memoryMiB, network }: BootPlanInput): void {
  const wrong =
    (!isWithin(cpus, 1, MOST_CPUS) && `${cpus} CPUs`) ||
    (!isWithin(memoryMiB, 64, 2 ** 22) && `${memoryMiB} MiB of memory`) ||
    (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(network.mac) && `MAC address ${network.mac}`) ||
    (!/^[\w.-]{1,15}$/.test(network.tap) && `TAP name ${network.tap}`);
  if (wrong === false) return;
  throw new DewarError({
    code: 'BAD_MACHINE',
    message: `no machine of Firecracker can have ${wrong}`,
    mend: `use 1 to ${MOST_CPUS} CPUs, 64 MiB to 4 TiB, and a TAP name of at most 15 letters`,
  });
}

function put<const Path extends string, const Body>(
  path: Path,
  body: Body,
): { method: 'PUT'; path: Path; body: Body } {
  return { method: 'PUT', path, body };
}

function isWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
