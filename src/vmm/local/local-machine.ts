import { join } from 'node:path';
import type { FileLock } from '../../platform/file-lock.ts';
import {
  addWorktree,
  checkOut,
  isWorktree,
  rememberWorktree,
  removeWorktree,
} from '../../platform/git-worktree.ts';
import type { Machine, MachineSpec, ServerControl } from '../driver.ts';
import { clearBusy, removeSlot, resetScratch, writeSlotRecord } from './slot.ts';
import type { SlotPaths } from './slot.ts';

export interface LocalMachineOptions {
  spec: MachineSpec;
  paths: SlotPaths;
  lock: FileLock;
  servers: ServerControl;
  env: Readonly<Record<string, string>>;
  warm: boolean;
}

/** A server of a snapshot stays for an afternoon of CI runs; one of a temporary machine ends soon if nobody else ends it. */
const KEPT_IDLE_SECONDS = 3 * 60 * 60;
const TEMPORARY_IDLE_SECONDS = 60;

/** One slot, held by this process. */
export function localMachine({ spec, paths, lock, servers, env, warm }: LocalMachineOptions): Machine {
  const { repository, snapshot } = spec;
  const remove = (): Promise<void> => removeSlot(paths, lock, servers, env);
  const keep = async (): Promise<void> => {
    await resetScratch(paths);
    await clearBusy(paths);
    await lock.release();
  };
  return {
    id: paths.directory,
    workspacePath: join(paths.worktree, repository.prefix),
    contentPath: join(paths.worktree, repository.prefix),
    contentCache: join(paths.server, 'digests'),
    serverRoot: paths.server,
    scratch: paths.scratch,
    serverIdleSeconds: snapshot === undefined ? TEMPORARY_IDLE_SECONDS : KEPT_IDLE_SECONDS,
    warm,
    async checkOut(commit, { signal }, onUnderWay) {
      if (!(await isWorktree(repository, paths.worktree, signal))) {
        await removeWorktree(repository.commonDir, paths.worktree, env);
        await addWorktree(repository, paths.worktree, commit, signal);
      }
      await checkOut(repository, paths.worktree, commit, {
        signal,
        onUnderWay,
        remembers: snapshot !== undefined,
      });
    },
    async freeze() {
      if (snapshot === undefined) return remove();
      const { commonDir } = repository;
      await rememberWorktree(repository, paths.worktree);
      await writeSlotRecord(paths, { format: 1, commonDir, bundle: snapshot.directory });
      return keep();
    },
    shutdown: () => (snapshot === undefined ? remove() : keep()),
    abandon: () => (snapshot === undefined ? remove() : lock.release()),
    kill: remove,
  };
}
