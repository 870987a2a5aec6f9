/** A guest that belongs to its operator, with what is there already: nothing of it is made or changed here. */
export interface OwnGuest {
  /** Absolute; an ELF file or a bzImage. */
  kernel: string;
  /** Absolute; undefined for a kernel that finds its root disk by itself. */
  initrd: string | undefined;
  /** Absolute; a raw file system or disk, of which each machine has a copy. */
  rootfs: string;
  /** By whom and where ssh reaches it. */
  user: string;
  host: string;
  /** Absolute; the private half of a key that the guest's sshd takes. */
  key: string;
  network: OwnNetwork;
  cpus: number;
  memoryMiB: number;
  /** Absolute; where Firecracker listens; in the machine's directory when undefined. */
  socket: string | undefined;
}

/** A TAP and the addresses at its ends. */
export interface OwnNetwork {
  tap: string;
  mac: string;
  guestIp: string;
  hostIp: string;
  netmask: string;
}

/** What the flags of the command line say, of which most have a default. */
export interface OwnGuestFlags {
  kernel?: string | undefined;
  initrd?: string | undefined;
  rootfs?: string | undefined;
  /** `user@host` */
  guestAddr?: string | undefined;
  guestKey?: string | undefined;
  tapDevice?: string | undefined;
  guestIp?: string | undefined;
  hostIp?: string | undefined;
  netmask?: string | undefined;
  guestMac?: string | undefined;
  vcpus?: number | undefined;
  memMib?: number | undefined;
  socket?: string | undefined;
  /** Absolute; of relative paths. */
  cwd: string;
}
