import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { CREDENTIALS_FILES } from '../core/names.ts';
import { isAbsent } from '../platform/errno.ts';
import {
  makeMemoryDirectory,
  memoryDirectories,
  removeMemoryDirectory,
} from '../platform/memory-directory.ts';
import { removeTree } from '../platform/remove-tree.ts';
import { runCommand } from '../platform/run-command.ts';
import type { CommandResult } from '../platform/run-command.ts';
import { formatEnv } from './format-env.ts';

/** What a guest is given that nobody else may see. */
export interface Credentials {
  env: Readonly<Record<string, string>>;
  /** As OpenSSH writes it. */
  privateKey: string;
  publicKey: string;
}

export interface CredentialDisk {
  /** Absolute; a raw disk with an ext4 file system, in memory. */
  path: string;
  /** Overwrites and removes it, also while a machine has it. */
  destroy(): Promise<void>;
}

const KIBIBYTE = 1024;
/** For what a file system needs beside its files. */
const OVERHEAD_KIB = 256;
/** As /usr/sbin is often not on a plain user's PATH. */
const MKE2FS = ['mke2fs', '/usr/sbin/mke2fs', '/sbin/mke2fs'];
/** No journal and few inodes: it is read once. */
const OPTIONS = '-q -F -t ext4 -b 1024 -m 0 -N 16 -O ^has_journal,^resize_inode -E root_owner=0:0'.split(' ');

/**
 * Makes the disk that brings a guest its credentials; see images/guest/systemd/usr/lib/dewar/credentials. Neither it nor
 * what it is made of is ever on a disk of this host, and no value is in an argument of a program. Needs no root.
 * @param directory absolute, of this disk alone; what is left there of an earlier one is removed
 * @throws DewarError BAD_ENV, NO_TMPFS, MEMORY_DIRECTORY, COMMAND_NOT_FOUND (mke2fs), CREDENTIALS_FAILED
 */
export async function makeCredentialDisk(
  { env, privateKey, publicKey }: Credentials,
  directory: string,
): Promise<CredentialDisk> {
  const contents: Record<string, string> = {
    [CREDENTIALS_FILES.env]: formatEnv(env),
    [CREDENTIALS_FILES.privateKey]: privateKey,
    [CREDENTIALS_FILES.publicKey]: publicKey,
  };
  await destroyCredentialDisk(directory);
  const memory = await makeMemoryDirectory(directory);
  const destroy = (): Promise<void> => destroyCredentialDisk(directory);
  try {
    const path = join(memory, DISK);
    await makeDisk(contents, join(memory, SOURCES), path);
    return { path, destroy };
  } catch (error) {
    await destroy();
    throw error;
  }
}

/** Removes what a process that died has left of a disk; nothing when there is none. */
export async function destroyCredentialDisk(directory: string): Promise<void> {
  for (const memory of await memoryDirectories(directory)) {
    for (const name of Object.values(CREDENTIALS_FILES)) await wipe(join(memory, SOURCES, name));
    await wipe(join(memory, DISK));
    await removeMemoryDirectory(memory);
  }
}

const SOURCES = 'files';
const DISK = 'disk';

async function makeDisk(contents: Record<string, string>, sources: string, path: string): Promise<void> {
  const size = Object.values(contents).reduce((sum, text) => sum + Buffer.byteLength(text) + KIBIBYTE, 0);
  await mkdir(sources, { mode: 0o700 });
  for (const [name, text] of Object.entries(contents))
    await writeFile(join(sources, name), text, { mode: 0o600, flag: 'wx' });
  const kibibytes = Math.ceil((size / KIBIBYTE) * 1.1) + OVERHEAD_KIB;
  await using disk = await open(path, 'wx', 0o600);
  await disk.truncate(kibibytes * KIBIBYTE);
  const made = await mke2fs([...OPTIONS, '-d', sources, path]);
  for (const name of Object.keys(contents)) await wipe(join(sources, name));
  await removeTree(sources);
  if (made.exitCode !== 0)
    throw new DewarError({
      code: 'CREDENTIALS_FAILED',
      message: `mke2fs could not make the disk of the credentials in ${path}: ${made.stderr.trim()}`,
      mend: 'see what it says: most likely there is no room left in memory',
    });
}

async function mke2fs(args: readonly string[]): Promise<CommandResult> {
  for (const program of MKE2FS) {
    try {
      return await runCommand(program, args);
    } catch (error) {
      if (!(error instanceof DewarError) || error.code !== 'COMMAND_NOT_FOUND') throw error;
    }
  }
  throw new DewarError({
    code: 'COMMAND_NOT_FOUND',
    message: 'mke2fs was not found, which makes the disk that brings a guest its credentials',
    mend: 'as root, run: apt-get install --no-install-recommends e2fsprogs',
  });
}

/** Overwrites a file where it is: whoever has it open sees zeros. */
async function wipe(path: string): Promise<void> {
  try {
    await using file = await open(path, 'r+');
    const { size } = await file.stat();
    const zeros = Buffer.alloc(Math.min(size, 1 << 16));
    for (let at = 0; at < size; at += zeros.length)
      await file.write(zeros, 0, Math.min(zeros.length, size - at), at);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
