import { DewarError } from '../core/errors.ts';
import { closeNetwork } from '../network/close-network.ts';
import { removeEgress } from '../network/egress-files.ts';
import { findNetworkAccess } from '../network/find-network-access.ts';
import { removeHandover } from '../network/handover-directory.ts';
import { networksDirectory } from '../network/networks-directory.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/**
 * Sees to it that nothing is left of the network of a machine that has ended.
 * @throws DewarError NETWORK_FAILED, INTERRUPTED
 */
export async function endNetwork(
  machine: { slot: number; machine: string },
  { env, signal }: Pick<WorkspaceContext, 'env' | 'signal'>,
): Promise<void> {
  const access = async (): ReturnType<Parameters<typeof closeNetwork>[1]> => {
    const found = await findNetworkAccess(env, signal);
    if (!('why' in found)) return found;
    throw new DewarError({
      code: 'NETWORK_FAILED',
      message: `the network of slot ${machine.slot} could not be removed: ${found.why}`,
      mend: found.mend,
      packages: found.packages,
    });
  };
  await closeNetwork(machine, access, networksDirectory(env), signal);
  await removeEgress(env, machine.machine);
  await removeHandover(env, machine.machine);
}
