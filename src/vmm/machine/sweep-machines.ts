import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from '../../platform/errno.ts';
import { tryAcquireLock } from '../../platform/file-lock.ts';
import type { MachineContext } from './machine-context.ts';
import { removeMachine } from './machine-directory.ts';
import { machinePaths } from './machine-paths.ts';

/**
 * Ends and removes the machines whose owner is dead, however it died. What cannot be removed is only warned of.
 * @throws INTERRUPTED; errors of the file system for `root` itself
 */
export async function sweepMachines({
  root,
  emit,
  signal,
}: Pick<MachineContext, 'root' | 'emit' | 'signal'>): Promise<void> {
  const names = await readdir(root).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  for (const name of names.filter((name) => MACHINE_NAME.test(name))) {
    signal?.throwIfAborted();
    const paths = machinePaths(join(root, name));
    try {
      const lock = await tryAcquireLock(paths.lock);
      if (lock === undefined) continue;
      await removeMachine({ paths, lock });
      emit({ type: 'note', message: `removed the machine ${paths.directory}, whose owner is gone` });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      emit({
        type: 'warning',
        code: 'SWEEP_FAILED',
        message: `${paths.directory} could not be removed: ${why}`,
      });
    }
  }
}

const MACHINE_NAME = /^[0-9a-f]{16}$/;
