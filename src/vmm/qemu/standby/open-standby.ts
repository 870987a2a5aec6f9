import { createHash } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { STANDBY_PATTERN, standbyLockName, temporaryStandbyName } from '../../../core/names.ts';
import { tryAcquireLock } from '../../../platform/file-lock.ts';
import { isAbsent } from '../../../platform/errno.ts';
import { removeTree } from '../../../platform/remove-tree.ts';
import { replaceDirectory } from '../../../platform/replace-directory.ts';
import type { StartSpec } from '../../workspace-driver.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachineImage } from '../../machine/machine-image.ts';
import type { UnreachedMachine } from '../../machine/own-machine.ts';
import type { VirtualMachine } from '../../machine/virtual-machine.ts';
import type { ConnectedQemu } from '../process/connect-qemu.ts';
import { saveStandby } from './save-standby.ts';
import { readStandby } from './standby-record.ts';
import { wakeStandby } from './wake-standby.ts';
import type { WakeSpec } from './wake-standby.ts';

/** The saved machine from which those of one kind wake. */
export interface Standby {
  /** @returns undefined where there is none yet. @throws DewarError as `wakeStandby` */
  wake: (spec: WakeSpec) => Promise<VirtualMachine | undefined>;
  /** Saves a machine for the next ones; what goes wrong is only warned of, unless the machine is lost. */
  save: (machine: UnreachedMachine<ConnectedQemu>) => Promise<void>;
}

/** Raised when what is in a saved machine is not what this dewar expects of one. */
const FORMAT = 1;
const MOST_KEPT = 4;

/**
 * Machines wake only with a disk that is new: a disk that was used has changed since the machine was saved.
 * @returns undefined when the machine can neither be woken nor saved
 */
export async function openStandby(
  spec: Pick<StartSpec, 'standbys' | 'cpus' | 'memoryMiB' | 'diskSize' | 'network' | 'overlay'> & {
    image: Pick<MachineImage, 'id'> & { kernelArgs: string };
  },
  context: MachineContext,
): Promise<Standby | undefined> {
  const { standbys, image, cpus, memoryMiB, diskSize, network, overlay } = spec;
  if (standbys === undefined || (await exists(overlay))) return undefined;
  // Whatever its addresses: it gets them when it has woken.
  const card = typeof network === 'string' ? network : 'tap';
  const { kernelArgs } = image;
  const kind = [FORMAT, image.id, cpus, memoryMiB, diskSize, kernelArgs, card];
  const key = createHash('sha256').update(JSON.stringify(kind)).digest('hex').slice(0, 32);
  const directory = join(standbys, key);
  await mkdir(standbys, { recursive: true, mode: 0o700 });
  const warn = (error: unknown): void => {
    const why = error instanceof Error ? error.message : String(error);
    const message = `the booted machine was not saved, the next one boots too: ${why}`;
    context.emit({ type: 'warning', code: 'STANDBY_NOT_SAVED', message });
  };
  return {
    async wake(wakeSpec) {
      const standby = await readStandby(directory);
      if (standby === undefined) return undefined;
      return await wakeStandby(directory, standby, wakeSpec, context);
    },

    async save(machine) {
      // Somebody else's will do as well.
      const lock = await tryAcquireLock(join(standbys, standbyLockName(key)));
      if (lock === undefined) return;
      const temporary = join(standbys, temporaryStandbyName(key));
      try {
        // Left by a process that died.
        await removeTree(temporary);
        await mkdir(temporary, { mode: 0o700 });
        await settle(machine);
        const { hardware } = machine;
        await saveStandby(
          machine,
          { hardware, image: image.id, kernel_args: kernelArgs },
          temporary,
          context,
        );
        await replaceDirectory(temporary, directory, join(standbys, temporaryStandbyName(key, 'aside')));
        await removeOldest(standbys);
      } catch (error) {
        if (error instanceof DewarError && FATAL.has(error.code)) throw error;
        warn(error);
        await machine.vmm.qmp.execute('cont', undefined, { signal: context.signal });
      } finally {
        await removeTree(temporary);
        await lock.release({ remove: true });
      }
    },
  };
}

/** A machine that is still busy with its boot would be so whenever it wakes. */
async function settle({ agent }: UnreachedMachine): Promise<void> {
  await agent.run('/usr/lib/dewar/settled', [], { deadlineMs: SETTLE_DEADLINE_MS });
}

const SETTLE_DEADLINE_MS = 120_000;

const FATAL = new Set(['INTERRUPTED', 'MACHINE_ENDED', 'GUEST_PANIC', 'CONNECTION_LOST']);

async function removeOldest(standbys: string): Promise<void> {
  const names = (await readdir(standbys)).filter((name) => STANDBY_PATTERN.test(name));
  const found = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(standbys, name))).mtimeMs })),
  );
  for (const { name } of found.toSorted((a, b) => b.at - a.at).slice(MOST_KEPT))
    await removeTree(join(standbys, name));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isAbsent(error)) return false;
      throw error;
    },
  );
}
