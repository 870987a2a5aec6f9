import { DewarError } from '../../core/errors.ts';
import { findNetworkAccess } from '../../network/find-network-access.ts';
import type { NetworkAccess } from '../../network/find-network-access.ts';
import { readNetworkRecord } from '../../network/network-record.ts';
import type { NetworkRecord } from '../../network/network-record.ts';
import { networksDirectory } from '../../network/networks-directory.ts';
import type { JournalMachine } from '../journal.ts';
import type { WorkspaceContext } from '../workspace-context.ts';

/** @returns the network of a machine; undefined where it has none of its own */
export async function findMachineNetwork(
  { slot, id, tap }: JournalMachine,
  { env }: Pick<WorkspaceContext, 'env'>,
): Promise<NetworkRecord | undefined> {
  if (tap === undefined) return undefined;
  const record = await readNetworkRecord(networksDirectory(env), slot);
  return record?.machine === id ? record : undefined;
}

/** @throws DewarError NO_TAP where a machine has no network of its own */
export async function requireMachineNetwork(
  machine: JournalMachine,
  context: Pick<WorkspaceContext, 'env'>,
): Promise<NetworkRecord> {
  const record = await findMachineNetwork(machine, context);
  if (record !== undefined) return record;
  throw new DewarError({
    code: 'NO_TAP',
    message:
      machine.tap === undefined
        ? `the machine has no network of its own (mode ${machine.network})`
        : `the network ${machine.tap} of the machine is gone`,
    mend: 'see what dewar doctor says of networks; then: dewar down, dewar up',
  });
}

/** @throws DewarError NO_TAP where this user may not look at networks, or change them */
export async function requireNetworkAccess({
  env,
  signal,
}: Pick<WorkspaceContext, 'env' | 'signal'>): Promise<NetworkAccess> {
  const access = await findNetworkAccess(env, signal);
  if (!('why' in access)) return access;
  const { why: message, mend, packages } = access;
  throw new DewarError({ code: 'NO_TAP', message, mend, packages });
}
