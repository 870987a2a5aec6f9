/** What of Cloud Hypervisor's API this driver sends: parts of the schemas of the same names in its description. */
export interface VmConfig {
  payload: { kernel: string; initramfs?: string; cmdline: string };
  cpus: { boot_vcpus: number; max_vcpus: number; nested: boolean };
  memory: { size: number; shared?: boolean; zones?: MemoryZoneConfig[] };
  disks: DiskConfig[];
  net: { id: string; tap: string; mac: string; num_queues: number }[];
  rng: { src: string };
  balloon?: { size: number; free_page_reporting: boolean };
  vsock: { id: string; cid: number; socket: string };
  serial: ConsoleConfig;
  console: ConsoleConfig;
}

export interface MemoryZoneConfig {
  id: string;
  /** Bytes. */
  size: number;
  file: string;
  shared: boolean;
}

export interface DiskConfig {
  id: string;
  path: string;
  readonly?: boolean;
  serial?: string;
  image_type: 'Raw';
}

export interface FsConfig {
  id: string;
  tag: string;
  socket: string;
  num_queues: number;
  queue_size: number;
}

interface ConsoleConfig {
  mode: 'File' | 'Off';
  file?: string;
}
