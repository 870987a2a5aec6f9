import type { VmmMethod } from '../../http/vmm-api.ts';

/** One request to Firecracker's API, by the names of its description (firecracker.yaml). */
export type ApiRequest =
  | Put<'/machine-config', MachineConfiguration>
  | Put<'/boot-source', BootSource>
  | Put<`/drives/${string}`, Drive>
  | Put<`/network-interfaces/${string}`, NetworkInterface>
  | Put<'/vsock', Vsock>
  | Put<'/entropy', Record<string, never>>
  | Put<'/actions', { action_type: 'InstanceStart' | 'SendCtrlAltDel' }>
  | Put<'/snapshot/create', SnapshotCreateParams>
  | Put<'/snapshot/load', SnapshotLoadParams>
  | Patch<`/drives/${string}`, PartialDrive>
  | Patch<'/vm', { state: 'Paused' | 'Resumed' }>;

interface Put<Path extends string, Body> {
  method: VmmMethod & 'PUT';
  path: Path;
  body: Body;
}

interface Patch<Path extends string, Body> {
  method: VmmMethod & 'PATCH';
  path: Path;
  body: Body;
}

interface MachineConfiguration {
  vcpu_count: number;
  mem_size_mib: number;
  smt: boolean;
}

interface BootSource {
  kernel_image_path: string;
  initrd_path?: string;
  boot_args: string;
}

interface Drive {
  drive_id: string;
  path_on_host: string;
  is_root_device: boolean;
  is_read_only: boolean;
  cache_type: 'Unsafe' | 'Writeback';
}

interface PartialDrive {
  drive_id: string;
  path_on_host: string;
}

interface NetworkInterface {
  iface_id: string;
  host_dev_name: string;
  guest_mac: string;
}

interface Vsock {
  guest_cid: number;
  uds_path: string;
}

interface SnapshotCreateParams {
  snapshot_type: 'Full';
  snapshot_path: string;
  mem_file_path: string;
}

interface SnapshotLoadParams {
  snapshot_path: string;
  mem_backend: { backend_type: 'File' | 'Uffd'; backend_path: string };
  network_overrides: { iface_id: string; host_dev_name: string }[];
  vsock_override?: { uds_path: string };
  clock_realtime?: boolean;
  resume_vm: false;
}
