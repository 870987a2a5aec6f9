import { createHash } from 'node:crypto';
import { compareText } from '../core/compare-text.ts';
import type { GuestFile, GuestFiles } from './guest-files.ts';
import type { LockedImage } from './lock/package-lock.ts';
import type { Profile } from './profiles.ts';

/** Counts up with every change of how the same inputs are made into an image. */
const ALGORITHM = 3;

/** Kernel modules that the initrd loads, with what they depend on, where the kernel has them as modules. */
const INITRD_MODULES = [
  'virtio_mmio',
  'virtio_pci',
  'virtio_blk',
  'virtio_net',
  'virtio_console',
  'virtio_rng',
  'virtio_balloon',
  'qemu_fw_cfg',
  'fuse',
  'virtiofs',
  'vmw_vsock_virtio_transport',
] as const;

/** All that decides the bytes of an image. */
export interface ImagePlan {
  /** sha256 over the rest: the image's name. */
  id: string;
  profile: string;
  suite: string;
  architecture: string;
  lock: LockedImage;
  guest: GuestFiles;
  links: Readonly<Record<string, string>>;
  initrdModules: readonly string[];
  /** Of the file system; from the id, so that the same image always has the same. */
  uuid: string;
}

/** Names the image that a profile, a lock and the guest's own files make. */
export function planImage(profile: Profile, lock: LockedImage, guest: GuestFiles): ImagePlan {
  const inputs = {
    algorithm: ALGORITHM,
    profile: profile.name,
    suite: lock.suite,
    architecture: lock.architecture,
    packages: [...lock.kernel, ...lock.packages].map(({ name, version, architecture, sha256 }) => [
      name,
      version,
      architecture,
      sha256,
    ]),
    files: guest.files.map(digestOf),
    scripts: [guest.initrdInit, guest.configure].map(digestOf),
    links: Object.entries(profile.links).toSorted(([a], [b]) => compareText(a, b)),
    modules: INITRD_MODULES,
  };
  const id = createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
  return {
    id,
    profile: profile.name,
    suite: lock.suite,
    architecture: lock.architecture,
    lock,
    guest,
    links: profile.links,
    initrdModules: INITRD_MODULES,
    uuid: uuidFrom(id),
  };
}

function digestOf({ path, mode, sha256 }: GuestFile): unknown[] {
  return [path, mode, sha256];
}

/** @returns a UUID of the free form (version 8) made of the first digits */
function uuidFrom(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
