import { holdIfFree } from '../hold-machine.ts';
import { readJournal } from '../journal.ts';
import type { StatePaths } from '../state-paths.ts';
import type { WorkspaceContext } from '../workspace-context.ts';

/**
 * @param id of a machine of that state; undefined: there was none
 * @returns true when it has ended, and nobody is about to start it
 */
export async function isMachineGone(
  id: string | undefined,
  paths: StatePaths,
  context: WorkspaceContext,
): Promise<boolean> {
  const { state, machine } = await readJournal(paths.journal);
  if (machine === undefined || machine.id !== id || state === 'down') return true;
  const driver = await context.loadDriver(machine.driver);
  if ((await driver.find(machine.id)) !== undefined) return false;
  // Whoever works on it may be about to start it, or be dead.
  const repaired = await holdIfFree(paths, context, ({ journal }) => Promise.resolve(journal));
  return repaired?.state === 'down';
}
