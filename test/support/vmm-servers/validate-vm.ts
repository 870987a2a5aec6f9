/** The part of a `VmConfig` that this stand-in deals with. */
export interface VmConfig {
  payload: { kernel?: string; initramfs?: string; cmdline?: string; firmware?: string };
  cpus: { boot_vcpus: number; max_vcpus: number };
  memory: {
    size: number;
    shared?: boolean;
    hugepages?: boolean;
    mergeable?: boolean;
    zones?: { id: string; size: number; file?: string; shared?: boolean }[];
  };
  disks?: Disk[] | undefined;
  net?: Net[] | undefined;
  fs?: Fs[] | undefined;
  vsock?: { cid: number; socket: string; id?: string } | undefined;
  balloon?: { size: number };
  serial?: { mode: string; file?: string };
  rng?: { src: string };
}

interface Disk {
  path?: string;
  readonly?: boolean;
  id?: string;
  serial?: string;
  num_queues?: number;
}

interface Net {
  tap?: string;
  mac?: string;
  id?: string;
  num_queues?: number;
  vhost_user?: boolean;
}

interface Fs {
  tag: string;
  socket: string;
  id?: string;
  num_queues: number;
}

const LONGEST_SERIAL = 20;

/** @returns what Cloud Hypervisor's `VmConfig::validate` says of a configuration that cannot be */
export function validateVm(config: VmConfig): { why: string; isConflict: boolean } | undefined {
  const { payload, cpus, memory, disks = [], net = [], fs = [], vsock, balloon, serial } = config;
  const tooMany = (queues: number): string =>
    `Queue count (${queues}) must not exceed boot vCPUs (${cpus.boot_vcpus})`;
  if (payload.kernel === undefined && payload.firmware === undefined)
    return bad('Payload configuration is not bootable');
  if (cpus.max_vcpus < cpus.boot_vcpus)
    return bad(`Max CPUs (${cpus.max_vcpus}) lower than boot CPUs (${cpus.boot_vcpus})`);
  if (serial?.mode === 'File' && serial.file === undefined)
    return bad('Path missing when using file console mode');
  for (const { num_queues: queues = 1, serial: name = '' } of disks) {
    if (queues > cpus.boot_vcpus) return bad(tooMany(queues));
    if (name.length > LONGEST_SERIAL)
      return bad(
        `Block device serial length (${name.length}) exceeds maximum allowed length (${LONGEST_SERIAL})`,
      );
  }
  for (const { num_queues: queues = 2 } of net) {
    if (queues < 2) return bad(`Number of queues (${queues}) to virtio_net should be higher than 2`);
    if (Math.floor(queues / 2) > cpus.boot_vcpus) return bad(tooMany(queues));
  }
  if (fs.length > 0 && !isShared(config))
    return bad('Using vhost-user requires using shared memory or huge pages');
  for (const { num_queues: queues } of fs) if (queues > cpus.boot_vcpus) return bad(tooMany(queues));
  if (memory.shared === true && memory.mergeable === true)
    return bad("Invalid to set both 'mergeable' and 'shared' for memory");
  if (vsock !== undefined && vsock.cid <= 2) return bad(`${vsock.cid} is a special VSOCK CID`);
  if (balloon !== undefined && balloon.size >= memorySize(config))
    return bad(`Balloon size (${balloon.size}) greater than RAM (${memorySize(config)})`);
  const ids = [...disks, ...net, ...fs].flatMap(({ id }) => (id === undefined ? [] : [id]));
  const reserved = ids.find((id) => id.startsWith('__'));
  if (reserved !== undefined) return bad(`Identifier ${reserved} is not valid`);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? undefined : { why: `Identifier ${twice} is not unique`, isConflict: true };
}

/** @returns bytes */
export function memorySize({ memory }: Pick<VmConfig, 'memory'>): number {
  return (memory.zones ?? []).reduce((sum, { size }) => sum + size, memory.size);
}

function isShared({ memory }: VmConfig): boolean {
  if (memory.shared === true || memory.hugepages === true) return true;
  return memory.size === 0 && (memory.zones ?? []).every(({ shared }) => shared === true);
}

function bad(why: string): { why: string; isConflict: boolean } {
  return { why, isConflict: false };
}
