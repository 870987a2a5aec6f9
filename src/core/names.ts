/** Every name that dewar gives to something on disk. */
export const STORE_NAMES = {
  manifest: 'manifest.json',
  baseHashes: 'base_hashes.json',
  fingerprint: 'fingerprint.json',
  graphIndex: 'graph.idx',
  /** In a bundle whose answer was found wrong: what differed. */
  quarantineReport: 'quarantine.json',
  /** Directory of the kernel locks of a store. */
  locks: '.locks',
} as const;

/** The files that a manifest may list. */
export const BUNDLE_FILES = [
  'base_hashes.json',
  'fingerprint.json',
  'graph.idx',
  'mem_file',
  'vmstate',
  'rootfs.backing',
  'machine.json',
] as const;
export type BundleFile = (typeof BUNDLE_FILES)[number];

/** Those of a frozen machine, as large as its memory and disk: its driver checks them before it uses them. */
export const MACHINE_FILES: ReadonlySet<BundleFile> = new Set(['mem_file', 'vmstate', 'rootfs.backing']);

export const FINGERPRINT_PATTERN: RegExp = /^[0-9a-f]{64}$/;
/** A commit of a sha1 or a sha256 repository. */
export const COMMIT_PATTERN: RegExp = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const TEMPORARY_PATTERN = /^\.tmp-([0-9a-f]{40}|[0-9a-f]{64})-[0-9a-f]{12}$/;
const QUARANTINED_PATTERN = /^\.quarantined-([0-9a-f]{40}|[0-9a-f]{64})-([0-9a-f]{12})$/;

/** @returns name of a directory beside the bundle of `base`, to be written or thrown away in */
export function temporaryName(base: string, random: string): string {
  return `.tmp-${base}-${random}`;
}

/** @returns the base commit of a temporary directory's name; undefined when it is no such name */
export function baseOfTemporary(name: string): string | undefined {
  return TEMPORARY_PATTERN.exec(name)?.[1];
}

/** @returns what a bundle is called, in the same directory, once its answer was found wrong */
export function quarantinedName(base: string, mark: string): string {
  return `.quarantined-${base}-${mark}`;
}

/** @returns undefined for the name of anything but a quarantined bundle */
export function partsOfQuarantined(name: string): { base: string; mark: string } | undefined {
  const [, base, mark] = QUARANTINED_PATTERN.exec(name) ?? [];
  return base === undefined || mark === undefined ? undefined : { base, mark };
}

export function bundleLockName(fingerprint: string, base: string): string {
  return `${fingerprint}-${base}.lock`;
}

/** How a snapshot is written for people, and understood by `snapshots show | verify | rm`; `mark`: a quarantined one. */
export function shortSnapshotId(fingerprint: string, base: string, mark?: string): string {
  const id = `${fingerprint.slice(0, 12)}/${base.slice(0, 12)}`;
  return mark === undefined ? id : `${id}/${mark}`;
}

/** Inside dewar's cache directory: the cache of verify runs that record for themselves. */
export const VERIFY_CACHE = 'verify';

/** Inside dewar's cache directory. */
export const LOCAL_NAMES = {
  root: 'local',
  lock: 'lock',
  /** What the slot belongs to. */
  slot: 'slot.json',
  /** There while a process works in the slot: found by another one, that process died. */
  busy: 'busy',
  worktree: 'worktree',
  server: 'server',
  scratch: 'scratch',
} as const;

const COLD_PREFIX = 'cold-';

export function slotName(fingerprint: string, base: string): string {
  return `${fingerprint.slice(0, 12)}-${base.slice(0, 12)}`;
}

export function temporarySlotName(random: string): string {
  return COLD_PREFIX + random;
}

/** Inside dewar's cache directory: work trees for the contents of what machines have checked out. */
export const CONTENT_NAMES = {
  root: 'contents',
  lock: 'lock',
  /** The repository's common git directory. */
  owner: 'repository',
  tree: 'worktree',
  cache: 'digests',
  scratch: 'scratch',
} as const;

/** Inside a driver's directory, which is inside dewar's cache directory: its running machines, one directory each. */
export const MACHINES = 'machines';

/** Inside dewar's cache directory: guest images, and the Debian packages that they are made of. */
export const IMAGE_NAMES = {
  root: 'images',
  packages: 'debs',
  /** Directory of the kernel locks, in the root of the images. */
  locks: '.locks',
  manifest: 'manifest.json',
} as const;

/** Inside dewar's cache directory: kernels that were unpacked, by the sha256 of what they were packed in. */
export const KERNELS = 'kernels';

/** The files of an image that its manifest lists. */
export const IMAGE_FILES = ['kernel', 'initrd', 'rootfs.ext4'] as const;
export type ImageFile = (typeof IMAGE_FILES)[number];

export const IMAGE_ID_PATTERN: RegExp = /^[0-9a-f]{64}$/;
const TEMPORARY_IMAGE_PATTERN = /^\.tmp-([0-9a-f]{64})-[0-9a-f]{12}$/;

/** @returns name of a directory beside the image, to be written or thrown away in */
export function temporaryImageName(id: string, random: string): string {
  return `.tmp-${id}-${random}`;
}

/** @returns the image whose temporary directory has that name; undefined when it is no such name */
export function imageOfTemporary(name: string): string | undefined {
  return TEMPORARY_IMAGE_PATTERN.exec(name)?.[1];
}

export function imageLockName(id: string): string {
  return `${id}.lock`;
}

/** Beside the project; see docs/images.md. */
export const PACKAGE_LOCK_NAME = 'dewar.lock';

/** In the place of a driver's name: the best that works here. */
export const AUTO_DRIVER = 'auto' as const;

/** What a workspace keeps beside its config. */
export const WORKSPACE_NAMES = {
  state: '.dewar',
  lock: 'lock',
  journal: 'journal.json',
  disk: 'root.qcow2',
  diskImage: 'root.image',
  diskDriver: 'root.driver',
  ssh: 'ssh',
  logs: 'logs',
  /** Held while caches are streamed. */
  warmLock: 'warm-cache.lock',
  /** Has a directory of state for each machine but the first. */
  forks: 'forks',
} as const;

/** Inside dewar's cache directory: machines that were saved right after they had booted. */
export const STANDBYS: readonly [string, string] = ['workspaces', 'standbys'];

export const STANDBY_PATTERN: RegExp = /^[0-9a-f]{32}$/;
const TEMPORARY_STANDBY_PATTERN = /^\.tmp-([0-9a-f]{32})(-aside)?$/;

/** @returns name of a directory beside the standby, to be written, or put aside, in */
export function temporaryStandbyName(key: string, aside?: 'aside'): string {
  return `.tmp-${key}${aside === undefined ? '' : '-aside'}`;
}

/** @returns the standby whose temporary directory has that name; undefined when it is no such name */
export function standbyOfTemporary(name: string): string | undefined {
  return TEMPORARY_STANDBY_PATTERN.exec(name)?.[1];
}

/** Held while the standby is written. */
export function standbyLockName(key: string): string {
  return `${key}.lock`;
}

/** Serial number of the disk that brings a guest its credentials. */
export const CREDENTIALS_DISK = 'dewar-credentials';

/** The files on that disk, which the guest knows by these names. */
export const CREDENTIALS_FILES = {
  env: 'env',
  privateKey: 'id_ed25519',
  publicKey: 'id_ed25519.pub',
} as const;
