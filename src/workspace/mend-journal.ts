import { DewarError } from '../core/errors.ts';
import { listSlots } from '../network/slots.ts';
import { acquireLock } from '../platform/file-lock.ts';
import { endHolder } from './end-holder.ts';
import { readJournal, writeJournal } from './journal.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/**
 * Begins a new journal where the old one cannot be read. What runs by it is known by its slot, and is ended.
 * @returns whether something was ended; undefined when there was nothing to mend
 */
export async function mendJournal(
  paths: StatePaths,
  context: WorkspaceContext,
): Promise<boolean | undefined> {
  if (!(await isDamaged(paths.journal))) return undefined;
  await using lock = await acquireLock(paths.lock, { signal: context.signal });
  const isEnded = await endWhatRuns(paths, context);
  await writeJournal(paths.journal, { format: 1, state: 'down', machine: undefined, mounts: [] });
  await lock.release();
  const message = `${paths.journal} could not be read: ended what ran, and began a new one`;
  context.emit({ type: 'note', message });
  return isEnded;
}

async function endWhatRuns({ directory }: StatePaths, context: WorkspaceContext): Promise<boolean> {
  let isEnded = false;
  for (const holder of await listSlots(context.env)) {
    if (holder.state !== directory) continue;
    await endHolder(holder, context);
    isEnded = true;
  }
  return isEnded;
}

async function isDamaged(path: string): Promise<boolean> {
  try {
    await readJournal(path);
    return false;
  } catch (error) {
    if (error instanceof DewarError && error.code === 'JOURNAL_DAMAGED') return true;
    throw error;
  }
}
