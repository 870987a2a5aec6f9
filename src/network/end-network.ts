import { DewarError } from '../core/errors.ts';
import { closeNetwork } from './close-network.ts';
import { removeEgress } from './egress-files.ts';
import { findNetworkAccess } from './find-network-access.ts';
import type { NetworkAccess } from './find-network-access.ts';
import { removeHandover } from './handover-directory.ts';
import { networksDirectory } from './networks-directory.ts';

/** What work on networks of this host needs. */
export interface NetworkContext {
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/**
 * Sees to it that nothing is left of the network of a machine that has ended.
 * @throws DewarError NETWORK_FAILED, INTERRUPTED
 */
export async function endNetwork(
  machine: { slot: number; machine: string },
  { env, signal }: NetworkContext,
): Promise<void> {
  const access = async (): Promise<NetworkAccess> => {
    const found = await findNetworkAccess(env, signal);
    if (!('why' in found)) return found;
    throw new DewarError({
      code: 'NETWORK_FAILED',
      message: `the network of slot ${machine.slot} could not be removed: ${found.why}`,
      mend: found.mend,
      packages: found.packages,
    });
  };
  await closeNetwork(machine, access, { root: networksDirectory(env), env }, signal);
  await removeEgress(env, machine.machine);
  await removeHandover(env, machine.machine);
}
