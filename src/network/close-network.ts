import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../core/errors.ts';
import { runCommand } from '../platform/run-command.ts';
import { slowFactor } from '../vmm/slow-factor.ts';
import type { NetworkAccess } from './find-network-access.ts';
import { readNetworkRecord, slotsWithNetworks } from './network-record.ts';
import { planPrivileged } from './plan-privileged.ts';

const OWN_END_MS = 5000;
const POLL_MS = 20;

/**
 * Sees to it that the network of a machine that has ended is gone: it goes by itself, unless its keeper was killed.
 * @throws DewarError NETWORK_FAILED, INTERRUPTED
 */
export async function closeNetwork(
  { slot, machine }: { slot: number; machine: string },
  access: () => Promise<NetworkAccess>,
  { root, env: hostEnv }: Pick<NetworkAccess, 'root' | 'env'>,
  signal?: AbortSignal,
): Promise<void> {
  const found = await readNetworkRecord(root, slot);
  if (found?.machine !== machine) return;
  const isThere = async (): Promise<boolean> => {
    const now = await readNetworkRecord(root, slot);
    return now === undefined ? (await slotsWithNetworks(root)).includes(slot) : now.machine === machine;
  };
  const isGoneInTime = async (): Promise<boolean> => {
    const limit = performance.now() + OWN_END_MS * slowFactor(hostEnv);
    for (; performance.now() < limit; await sleep(POLL_MS)) if (!(await isThere())) return true;
    return false;
  };
  if (await isGoneInTime()) return;
  const { asRoot, env } = await access();
  const [program = '', ...args] = [
    ...asRoot,
    ...planPrivileged({ kind: 'end', network: found.network }, root),
  ];
  const { stderr } = await runCommand(program, args, { env, signal });
  // A keeper that is at it now ends whoever else is.
  if (await isGoneInTime()) return;
  throw new DewarError({
    code: 'NETWORK_FAILED',
    message: `the network of slot ${slot} could not be removed: ${stderr.trim()}`,
    mend: 'as root: ip link delete, nft delete table; see docs/network.md',
  });
}
