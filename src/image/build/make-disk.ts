import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImagePlan } from '../plan-image.ts';
import { SOURCE_DATE_EPOCH } from './bootstrap.ts';
import type { BuildTools } from './build-tools.ts';
import { setInodeTimes } from './inode-times.ts';
import { runBuildStep } from './run-build-step.ts';

export interface DiskRequest {
  plan: ImagePlan;
  /** The root file system. */
  tar: string;
  /** A directory for the unpacked tree and more. */
  scratch: string;
  /** Written here: an ext4 file system without partition table. */
  disk: string;
  tools: BuildTools;
  signal?: AbortSignal | undefined;
}

const BLOCK = 4096;
const MIB = 1 << 20;
const MKE2FS = `mke2fs -q -F -t ext4 -b ${BLOCK} -m 0 -L dewar-root`.split(' ');

/**
 * Makes the disk of a guest from a tar, without mounting anything.
 * @returns the tree that it was made from
 * @throws DewarError IMAGE_DISK_FULL, IMAGE_BUILD_FAILED
 */
export async function makeDisk(request: DiskRequest): Promise<string> {
  const { plan, tar, scratch, disk, tools, signal } = request;
  const tree = join(scratch, 'tree');
  const owners = join(scratch, 'owners');
  const step = { tools, signal, directory: scratch };
  await mkdir(tree);
  const untar = ['tar', '--extract', `--file=${tar}`, `--directory=${tree}`, ...KEEP_ALL];
  await runBuildStep(tools.asRoot(untar, { save: owners }), step);
  const { bytes, files } = await sizeOf(tree);
  const size = diskSize(bytes);
  const mke2fs = [
    ...MKE2FS,
    '-U',
    plan.uuid,
    '-N',
    String(inodeCount(files, size)),
    '-E',
    extendedOptions(plan.uuid),
    '-d',
    tree,
    disk,
    `${size / 1024}k`,
  ];
  const env = { SOURCE_DATE_EPOCH, E2FSPROGS_FAKE_TIME: SOURCE_DATE_EPOCH };
  await runBuildStep(tools.asRoot(mke2fs, { load: owners }), { ...step, env });
  await setInodeTimes(disk, scratch, Number(SOURCE_DATE_EPOCH), step);
  return tree;
}

const KEEP_ALL = ['--preserve-permissions', '--numeric-owner', '--xattrs', '--xattrs-include=*'];

/** `resize`: room for the tables of a file system that later grows to 1 TiB with its disk. */
function extendedOptions(uuid: string): string {
  return [`hash_seed=${uuid}`, 'lazy_itable_init=1', 'lazy_journal_init=1', `resize=${2 ** 40 / BLOCK}`].join(
    ',',
  );
}

/** Some room to work, also where the disk is not enlarged; the file is sparse. */
function diskSize(bytes: number): number {
  return Math.ceil((bytes * 1.25 + 256 * MIB) / (4 * MIB)) * 4 * MIB;
}

/** mke2fs gives one for 16 KiB, which is too few for a disk full of small files. */
function inodeCount(files: number, size: number): number {
  return Math.max(Math.ceil(files * 1.5), Math.ceil(size / 8192));
}

/** @returns what the files of a tree take on a disk of our block size, and how many inodes they need */
async function sizeOf(tree: string): Promise<{ bytes: number; files: number }> {
  const sum = { bytes: 0, files: 0 };
  const seen = new Set<number>();
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const stat = await lstat(join(entry.parentPath, entry.name));
    if (stat.nlink > 1 && !stat.isDirectory()) {
      if (seen.has(stat.ino)) continue;
      seen.add(stat.ino);
    }
    sum.files += 1;
    sum.bytes += stat.isFile() ? Math.ceil(stat.size / BLOCK) * BLOCK : stat.isDirectory() ? BLOCK : 0;
  }
  return sum;
}
