import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { LOCAL_NAMES } from '../../core/names.ts';
import { errnoOf, isAbsent } from '../../platform/errno.ts';
import type { FileLock } from '../../platform/file-lock.ts';
import type { Repository } from '../../platform/git-repository.ts';
import { removeWorktree } from '../../platform/git-worktree.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import type { ServerControl } from '../driver.ts';

/** A directory with a work tree and a build tool's server; its lock says who uses it. */
export interface SlotPaths {
  directory: string;
  lock: string;
  record: string;
  busy: string;
  worktree: string;
  server: string;
  scratch: string;
}

/** What a slot belongs to. */
export interface SlotRecord {
  format: 1;
  /** The repository's common git directory. */
  commonDir: string;
  /** Directory of the sealed bundle that the slot serves; null for a temporary slot, and while recording. */
  bundle: string | null;
}

const Record: z.ZodType<SlotRecord> = z.strictObject({
  format: z.literal(1),
  commonDir: z.string(),
  bundle: z.string().nullable(),
});

export function slotPaths(directory: string): SlotPaths {
  return {
    directory,
    lock: join(directory, LOCAL_NAMES.lock),
    record: join(directory, LOCAL_NAMES.slot),
    busy: join(directory, LOCAL_NAMES.busy),
    worktree: join(directory, LOCAL_NAMES.worktree),
    server: join(directory, LOCAL_NAMES.server),
    scratch: join(directory, LOCAL_NAMES.scratch),
  };
}

/** @returns directory of all the slots of one workspace */
export function slotsOf(cacheDirectory: string, repository: Repository): string {
  const key = createHash('sha256').update(`${repository.commonDir}\0${repository.prefix}`).digest('hex');
  return join(cacheDirectory, LOCAL_NAMES.root, key.slice(0, 16));
}

export async function listDirectory(path: string): Promise<string[]> {
  return readdir(path).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
}

/** @returns undefined when the slot has no record, or one that is damaged */
export async function readSlotRecord(paths: SlotPaths): Promise<SlotRecord | undefined> {
  try {
    const parsed = Record.safeParse(JSON.parse(await readFile(paths.record, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isAbsent(error)) return undefined;
    throw error;
  }
}

export async function writeSlotRecord(paths: SlotPaths, record: SlotRecord): Promise<void> {
  await writeFileAtomic(paths.record, `${JSON.stringify(record)}\n`);
}

/** Marks the slot as worked in; found by a later process, the mark says that its owner died. */
export async function markBusy(paths: SlotPaths): Promise<void> {
  await writeFileAtomic(paths.busy, `${process.pid}\n`);
}

export async function clearBusy(paths: SlotPaths): Promise<void> {
  await rm(paths.busy, { force: true });
}

export async function isMarkedBusy(paths: SlotPaths): Promise<boolean> {
  return (await stat(paths.busy).catch(() => undefined)) !== undefined;
}

/** Gives the slot an empty scratch directory. */
export async function resetScratch(paths: SlotPaths): Promise<void> {
  await removeTree(paths.scratch);
  await mkdir(paths.scratch, { recursive: true });
}

/** Ends the slot's server and deletes all that the slot holds; the caller holds its lock. */
export async function emptySlot(
  paths: SlotPaths,
  servers: ServerControl,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await servers.stopServer(paths.server);
  const record = await readSlotRecord(paths);
  if (record !== undefined && (await stat(record.commonDir).catch(() => undefined)) !== undefined)
    await removeWorktree(record.commonDir, paths.worktree, env);
  for (const name of await listDirectory(paths.directory))
    if (name !== LOCAL_NAMES.lock) await removeTree(join(paths.directory, name));
}

/** Empties the slot, then deletes it and gives its lock back. */
export async function removeSlot(
  paths: SlotPaths,
  lock: FileLock,
  servers: ServerControl,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await emptySlot(paths, servers, env);
  } catch (error) {
    await lock.release();
    throw error;
  }
  await lock.release({ remove: true });
  await rmdir(paths.directory).catch((error: unknown) => {
    // Whoever waited for the lock has made the directory its own.
    if (errnoOf(error) !== 'ENOTEMPTY' && !isAbsent(error)) throw error;
  });
}
