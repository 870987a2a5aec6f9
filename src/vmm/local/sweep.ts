import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { tryAcquireLock } from '../../platform/file-lock.ts';
import type { DriverContext, ServerControl } from '../driver.ts';
import { listDirectory, readSlotRecord, removeSlot, slotPaths } from './slot.ts';
import type { SlotPaths } from './slot.ts';

/** Removes the slots that nobody uses and that serve no sealed bundle. What cannot be removed is only warned of. */
export async function sweepSlots(
  directory: string,
  servers: ServerControl,
  env: Readonly<Record<string, string>>,
  { emit, signal }: DriverContext,
): Promise<void> {
  for (const name of await listDirectory(directory)) {
    signal?.throwIfAborted();
    const paths = slotPaths(join(directory, name));
    if (await servesBundle(paths)) continue;
    try {
      const lock = await tryAcquireLock(paths.lock);
      if (lock === undefined) continue;
      // Its owner may have sealed the bundle since.
      if (await servesBundle(paths)) await lock.release();
      else {
        await removeSlot(paths, lock, servers, env);
        emit({ type: 'note', message: `removed ${paths.directory}, which an interrupted run had left` });
      }
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

async function servesBundle(paths: SlotPaths): Promise<boolean> {
  const bundle = (await readSlotRecord(paths))?.bundle;
  if (bundle === undefined || bundle === null) return false;
  return (await stat(bundle).catch(() => undefined))?.isDirectory() === true;
}
