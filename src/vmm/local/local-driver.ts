import { randomBytes } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { LOCAL_NAMES, slotName, temporarySlotName } from '../../core/names.ts';
import { errnoOf } from '../../platform/errno.ts';
import { acquireLock } from '../../platform/file-lock.ts';
import type { FileLock } from '../../platform/file-lock.ts';
import { runGit } from '../../platform/git.ts';
import type {
  DriverContext,
  DriverProbe,
  MachineSpec,
  ServerControl,
  SnapshotRef,
  VmmDriver,
} from '../driver.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import { localMachine } from './local-machine.ts';
import {
  emptySlot,
  isMarkedBusy,
  listDirectory,
  markBusy,
  readSlotRecord,
  removeSlot,
  resetScratch,
  slotPaths,
  slotsOf,
  writeSlotRecord,
} from './slot.ts';
import type { SlotPaths } from './slot.ts';
import { sweepSlots } from './sweep.ts';

export interface LocalDriverOptions {
  servers: ServerControl;
  env: Readonly<Record<string, string>>;
}

/** How long `forget` waits for a process that uses the slot; what it leaves is swept later. */
const FORGET_DEADLINE_MS = 2_000;

/**
 * No machine: one git work tree and one kept-alive server for each snapshot, on this host, in dewar's cache directory.
 * A process that dies in a slot leaves a mark; the next one in that slot starts a new server.
 */
export function localDriver({ servers, env }: LocalDriverOptions): VmmDriver {
  // git names work trees by their real path.
  const cache = async (): Promise<string> => {
    const path = cacheDirectory(env);
    return asCacheErrors(path, async () => {
      await mkdir(path, { recursive: true, mode: 0o700 });
      return realpath(path);
    });
  };

  const take = async (
    spec: MachineSpec,
    name: string,
    context: DriverContext,
  ): Promise<[SlotPaths, FileLock]> => {
    const paths = slotPaths(join(slotsOf(await cache(), spec.repository), name));
    const onWait = (): void =>
      context.emit({ type: 'note', message: `waiting for another dewar that works in ${paths.directory}` });
    const lock = asCacheErrors(paths.directory, () =>
      acquireLock(paths.lock, { signal: context.signal, onWait }),
    );
    return [paths, await lock];
  };

  return {
    name: 'local',
    capabilities: {
      snapshot: false,
      lazyRestore: false,
      hotplugDisk: false,
      hotplugShare: false,
      network: 'host',
      rootless: true,
    },
    probe: () => probe(env),

    async create(spec, context) {
      const name =
        spec.snapshot === undefined
          ? temporarySlotName(randomBytes(6).toString('hex'))
          : nameOf(spec.snapshot);
      const [paths, lock] = await take(spec, name, context);
      return guarded(paths, lock, async () => {
        await emptySlot(paths, servers, env);
        await writeSlotRecord(paths, { format: 1, commonDir: spec.repository.commonDir, bundle: null });
        await markBusy(paths);
        await resetScratch(paths);
        return localMachine({ spec, paths, lock, servers, env, warm: false });
      });
    },

    async keeps(spec) {
      const paths = slotPaths(join(slotsOf(await cache(), spec.repository), nameOf(spec.snapshot)));
      const record = await readSlotRecord(paths);
      return record?.commonDir === spec.repository.commonDir && record.bundle === spec.snapshot.directory;
    },

    async restore(spec, context) {
      const [paths, lock] = await take(spec, nameOf(spec.snapshot), context);
      return guarded(paths, lock, async () => {
        const record = await readSlotRecord(paths);
        const ours = record?.commonDir === spec.repository.commonDir && record.bundle !== null;
        if (!ours) await emptySlot(paths, servers, env);
        // Nobody knows what the server was doing when its user died.
        else if (await isMarkedBusy(paths)) await servers.stopServer(paths.server);
        const { commonDir } = spec.repository;
        await writeSlotRecord(paths, { format: 1, commonDir, bundle: spec.snapshot.directory });
        await markBusy(paths);
        await resetScratch(paths);
        return localMachine({
          spec,
          paths,
          lock,
          servers,
          env,
          warm: await servers.serverAlive(paths.server),
        });
      });
    },

    async forget(snapshot, { emit, signal }) {
      const root = join(await cache(), LOCAL_NAMES.root);
      for (const key of await listDirectory(root)) {
        const paths = slotPaths(join(root, key, nameOf(snapshot)));
        if ((await readSlotRecord(paths))?.bundle !== snapshot.directory) continue;
        const lock = await acquireLock(paths.lock, { signal, deadlineMs: FORGET_DEADLINE_MS }).catch(
          () => undefined,
        );
        if (lock !== undefined) await removeSlot(paths, lock, servers, env);
        else
          emit({
            type: 'note',
            message: `${paths.directory} is in use; a later record or consume removes it`,
          });
      }
    },

    sweep: async (spec, context) =>
      sweepSlots(slotsOf(await cache(), spec.repository), servers, env, context),
  };

  /** Gives the slot back when the work in it fails. */
  async function guarded<T>(paths: SlotPaths, lock: FileLock, work: () => Promise<T>): Promise<T> {
    try {
      return await asCacheErrors(paths.directory, work);
    } catch (error) {
      await removeSlot(paths, lock, servers, env);
      throw error;
    }
  }
}

async function asCacheErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DewarError || errnoOf(error) === undefined) throw error;
    throw new DewarError({
      code: 'CACHE_NOT_WRITABLE',
      message: `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      mend: 'set DEWAR_CACHE_DIR to a directory that this user may write, with room for Bazel',
      cause: error,
    });
  }
}

function nameOf(snapshot: SnapshotRef): string {
  return slotName(snapshot.fingerprint, snapshot.base);
}

async function probe(env: Readonly<Record<string, string>>): Promise<DriverProbe> {
  try {
    const result = await runGit('/', ['--version'], { env });
    return result.exitCode === 0
      ? { works: true }
      : { works: false, why: result.stderr.trim(), mend: 'install git' };
  } catch (error) {
    return {
      works: false,
      why: error instanceof Error ? error.message : String(error),
      mend: 'install git',
    };
  }
}
