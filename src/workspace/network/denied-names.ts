import { readEgress } from '../../network/egress-files.ts';
import type { JournalMachine } from '../journal.ts';
import type { WorkspaceContext } from '../workspace-context.ts';
import { findMachineNetwork } from './machine-network.ts';
import { networksDirectory } from '../../network/networks-directory.ts';
import { readAskedNames } from './read-asked-names.ts';

const MOST = 5;

/** @returns words about the names that a machine asked for in vain, for an error's mend; empty where there are none */
export async function deniedNames(
  machine: JournalMachine,
  context: Pick<WorkspaceContext, 'env'>,
): Promise<string> {
  const { env } = context;
  const record = await findMachineNetwork(machine, context);
  const names =
    record === undefined
      ? ((await readEgress(env, machine.id))?.names ?? [])
      : await readAskedNames(networksDirectory(env), record.network.slot);
  const denied = names.filter(({ verdict }) => verdict !== 'allowed').map(({ name }) => name);
  if (denied.length === 0) return '';
  const more = denied.length > MOST ? ` and ${denied.length - MOST} more` : '';
  return `; its network denied ${denied.slice(0, MOST).join(', ')}${more} (dewar network log --denied)`;
}
