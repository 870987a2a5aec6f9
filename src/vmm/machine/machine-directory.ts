import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess } from '../../platform/end-process.ts';
import { errnoOf, isAbsent } from '../../platform/errno.ts';
import { acquireLock } from '../../platform/file-lock.ts';
import type { FileLock } from '../../platform/file-lock.ts';
import { processesWithVariable } from '../../platform/processes-with-variable.ts';
import { closeConnections } from '../../platform/ssh.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import { keepLogs } from './kept-logs.ts';
import { MACHINE_FILES, machinePaths, shareVariable } from './machine-paths.ts';
import type { MachinePaths } from './machine-paths.ts';
import type { MachineContext } from './machine-context.ts';
import type { HeldDescriptor } from '../workspace-driver.ts';
import { processesOfMachine } from './processes-of-machine.ts';

/** A machine's directory, owned by this process until it is removed. */
export interface OwnedDirectory {
  paths: MachinePaths;
  lock: FileLock;
}

/** @returns the name of a machine that is to be made */
export function newMachineId(): string {
  return randomBytes(8).toString('hex');
}

/** Makes a directory for a new machine. @throws errors of the file system */
export async function claimDirectory(root: string, id: string = newMachineId()): Promise<OwnedDirectory> {
  const directory = join(root, id);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const paths = machinePaths(directory);
  // A sweep may be looking at this very moment: it lets go, or it has removed the directory, which comes again.
  const lock = await acquireLock(paths.lock);
  await chmod(directory, 0o700);
  return { paths, lock };
}

/** Gives work a directory for a machine; removes it, and what runs there, when the work fails. */
export async function withDirectory<T>(
  { root }: Pick<MachineContext, 'root'>,
  work: (owned: OwnedDirectory) => Promise<T>,
  id?: string,
): Promise<T> {
  const owned = await claimDirectory(root, id);
  try {
    return await work(owned);
  } catch (error) {
    await removeMachine(owned);
    throw error;
  }
}

/** A machine that outlives its maker holds the lock of its directory, which nobody sweeps then. */
export function withLock(
  outlives: { holds: readonly HeldDescriptor[] } | undefined,
  { lock }: OwnedDirectory,
): { holds: readonly HeldDescriptor[] } | undefined {
  return outlives && { holds: [lock, ...outlives.holds] };
}

/** Ends what runs for a machine and removes all that it has, but for the ends of its logs; the caller holds its lock, which is given back. */
export async function removeMachine({ paths, lock }: OwnedDirectory): Promise<void> {
  try {
    const pids = [
      ...(await processesOfMachine(paths)),
      ...(await processesWithVariable(shareVariable(paths.directory))),
    ];
    for (const pid of pids) await endProcess(pid);
    await closeConnections(paths.ssh);
    await keepLogs(paths);
    for (const name of await readdir(paths.directory))
      if (name !== MACHINE_FILES.lock) await removeTree(join(paths.directory, name));
  } catch (error) {
    await lock.release();
    throw error;
  }
  await lock.release({ remove: true });
  await rmdir(paths.directory).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOTEMPTY' && !isAbsent(error)) throw error;
  });
}
