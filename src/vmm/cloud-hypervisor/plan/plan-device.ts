import type { DiskConfig, FsConfig } from './vm-config.ts';

/** @returns the body of vm.add-disk for a raw disk, which the guest finds by its serial number */
export function planDisk({
  id,
  path,
  readOnly,
}: {
  id: string;
  path: string;
  readOnly: boolean;
}): DiskConfig {
  return { id: deviceId('disk', id), path, readonly: readOnly, serial: id, image_type: 'Raw' };
}

/** @returns the body of vm.add-fs; @param socket of the daemon, relative to the VMM's directory */
export function planShareDevice(tag: string, socket: string): FsConfig {
  return { id: deviceId('share', tag), tag, socket, num_queues: 1, queue_size: 1024 };
}

/** @returns the VMM's name of a device that was plugged in, which is none of those that a machine begins with */
export function deviceId(kind: 'disk' | 'share', id: string): string {
  return `${kind}-${id}`;
}
