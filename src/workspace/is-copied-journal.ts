import { holderOfSlot } from '../network/slots.ts';
import { readJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { pathsOfHolder } from './paths-of-holder.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/** @returns whether a journal was copied with its workspace: its machine is that of another one, which knows of it */
export async function isCopiedJournal(
  { machine }: Journal,
  paths: Pick<StatePaths, 'directory'>,
  { env }: Pick<WorkspaceContext, 'env'>,
): Promise<boolean> {
  if (machine === undefined) return false;
  const holder = await holderOfSlot(env, machine.slot);
  if (holder?.machine !== machine.id || holder.state === paths.directory) return false;
  const theirs = await readJournal(pathsOfHolder(holder).journal).catch(() => undefined);
  return theirs?.machine?.id === machine.id;
}
