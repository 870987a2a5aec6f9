import { createHash } from 'node:crypto';
import { lstat, mkdir, rmdir, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { removeTree } from './remove-tree.ts';

/** File systems that lie in memory: tmpfs and ramfs of linux/magic.h. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x0102_1994, 0x8584_58f6]);
const SHARED_MEMORY = '/dev/shm';
const OWN_ROOT = `dewar-${process.getuid?.() ?? 0}`;

/**
 * Makes a directory, for this user alone, whose files never reach a disk: that one where it lies in memory, else one below
 * /dev/shm that is always the same for it.
 * @param directory absolute
 * @param shared for tests
 * @returns its absolute path
 * @throws DewarError NO_TMPFS, MEMORY_DIRECTORY (it belongs to somebody else)
 */
export async function makeMemoryDirectory(
  directory: string,
  shared: string = SHARED_MEMORY,
): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (await liesInMemory(directory)) return ownDirectory(directory);
  const [root, path] = stageIn(shared, directory);
  if (!(await liesInMemory(shared)))
    throw new DewarError({
      code: 'NO_TMPFS',
      message: `neither ${directory} nor ${shared} lies in memory (tmpfs): what is secret would be written to a disk`,
      mend: `mount a tmpfs at ${shared}, or set XDG_RUNTIME_DIR to a directory on one`,
    });
  await mkdir(path, { recursive: true, mode: 0o700 });
  await ownDirectory(root);
  return ownDirectory(path);
}

/** @returns those directories that `makeMemoryDirectory` may have made for that one and that are there; absolute */
export async function memoryDirectories(
  directory: string,
  shared: string = SHARED_MEMORY,
): Promise<string[]> {
  const [root, path] = stageIn(shared, directory);
  const isStaged = (await isOwn(root)) && (await isOwn(path));
  return [...((await isOwn(directory)) ? [directory] : []), ...(isStaged ? [path] : [])];
}

/** Removes a directory of `memoryDirectories`. */
export async function removeMemoryDirectory(path: string): Promise<void> {
  await removeTree(path);
  // the one above it is another disk's too
  if (basename(dirname(path)) === OWN_ROOT) await rmdir(dirname(path)).catch(() => undefined);
}

function stageIn(shared: string, directory: string): [root: string, path: string] {
  const root = join(shared, OWN_ROOT);
  return [root, join(root, createHash('sha256').update(directory).digest('hex').slice(0, 32))];
}

async function liesInMemory(path: string): Promise<boolean> {
  const type = await statfs(path).then(
    (found) => found.type,
    () => undefined,
  );
  return type !== undefined && IN_MEMORY.has(type);
}

/** Anybody may make a directory of that name in a shared place before we do. */
async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

async function ownDirectory(path: string): Promise<string> {
  if (await isOwn(path)) return path;
  throw new DewarError({
    code: 'MEMORY_DIRECTORY',
    message: `${path} is no directory of this user alone`,
    mend: 'remove it: dewar makes its own',
  });
}
