import { DewarError } from '../core/errors.ts';
import { holdIfFree } from './hold-machine.ts';
import { readJournal } from './journal.ts';
import type { Journal, JournalMachine } from './journal.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/**
 * Finds the machine of those who only use it.
 * @throws DewarError WORKSPACE_DOWN, WORKSPACE_BUSY
 */
export async function requireMachine(
  name: string,
  paths: StatePaths,
  context: WorkspaceContext,
): Promise<{ machine: JournalMachine; journal: Journal }> {
  const repaired = await holdIfFree(paths, context, ({ journal }) => Promise.resolve(journal));
  const journal = repaired ?? (await readJournal(paths.journal));
  const { state, machine } = journal;
  if (machine !== undefined && (state === 'up' || (state === 'starting' && machine.how !== undefined)))
    return { machine, journal };
  if (state === 'down') throw workspaceDown(name);
  throw new DewarError({
    code: 'WORKSPACE_BUSY',
    message: `the machine ${name} is ${state}`,
    mend: 'wait for the dewar that works on it, or see: dewar status',
  });
}

export function workspaceDown(name: string): DewarError {
  return new DewarError({
    code: 'WORKSPACE_DOWN',
    message: `the machine ${name} is down`,
    mend: 'start it: dewar up',
  });
}
