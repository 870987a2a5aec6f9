import { rm } from 'node:fs/promises';
import { DewarError } from '../core/errors.ts';
import { listSlots } from '../network/slots.ts';
import { acquireLock } from '../platform/file-lock.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import { endHolder } from './end-holder.ts';
import { readJournal } from './journal.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/**
 * Where a journal is damaged, ends the machines that the slots say to be of its state, and removes it.
 * @returns whether it was damaged
 * @throws DewarError LOCK_FAILED, INTERRUPTED
 */
export async function forgetDamaged(paths: StatePaths, context: WorkspaceContext): Promise<boolean> {
  if ((await readIfPresent(paths.journal)) === undefined) return false;
  const lock = await acquireLock(paths.lock, { signal: context.signal });
  try {
    await readJournal(paths.journal);
    return false;
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'JOURNAL_DAMAGED') throw error;
    const holders = await listSlots(context.env);
    for (const holder of holders.filter(({ state }) => state === paths.directory))
      await endHolder(holder, context);
    await rm(paths.journal, { force: true });
    return true;
  } finally {
    await lock.release();
  }
}
