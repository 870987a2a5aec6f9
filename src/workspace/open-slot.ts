import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import { findNetworkAccess } from '../network/find-network-access.ts';
import type { NetworkAccess, NoNetworkAccess } from '../network/find-network-access.ts';
import type { NetworkPolicy } from '../network/policy.ts';
import { requireNetworkAccess } from '../network/require-network-access.ts';
import type { SlotHolder } from '../network/slots.ts';
import { takeFreeSlot, takeNetworkedSlot } from '../network/take-free-slot.ts';
import type { HeldDescriptor, StartSpec, WorkspaceDriver } from '../vmm/workspace-driver.ts';
import { needsEgress } from './network/start-egress.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/** A slot, with its network in force. */
export interface OpenSlot {
  number: number;
  /** Of the driver. */
  network: StartSpec['network'];
  /** Name of the TAP; undefined where the network is the VMM's own. */
  tap: string | undefined;
  /** For the machine: what it holds is free when it has ended. */
  holds: readonly HeldDescriptor[];
  /** Leaves all to the machine; where there is none, it goes. */
  letGo(): Promise<void>;
}

type Config = Pick<ResolvedConfig, 'network'>;

/**
 * Takes a slot for a machine that is to be started, and makes its network: by a TAP where the driver has no other, or this host
 * lets this user, else the VMM's own, of which it is said what that lacks.
 * @throws DewarError NO_SLOT, RUNTIME_DIRECTORY, LOCK_FAILED; TAP_UNAVAILABLE, NETWORK_CLASH, NETWORK_FAILED, INTERRUPTED
 */
export async function openSlot(
  config: Config,
  { holder, driver, paths }: SlotWish,
  context: WorkspaceContext,
): Promise<OpenSlot> {
  const { mode } = config.network;
  const access = await accessFor(mode, driver, context);
  if (access === undefined || 'why' in access) {
    if (access !== undefined) sayWhatLacks(config, `${access.why}; to mend it, ${access.mend}`, context);
    const { number, lock } = await takeFreeSlot(holder, new Set(), context);
    const network = mode === 'open' ? 'open' : 'off';
    return { number, network, tap: undefined, holds: [lock], letGo: () => lock.release() };
  }
  await mkdir(paths.logs, { recursive: true, mode: 0o700 });
  const log = join(paths.logs, 'network.log');
  const { slot, opened } = await takeNetworkedSlot(
    { holder, policy: policyOf(config), log },
    access,
    context,
  );
  const { name, mac, guest, host, prefix } = opened.network;
  return {
    number: slot.number,
    network: { tap: name, mac, guest, host, prefix },
    tap: name,
    holds: [slot.lock, opened.lifeline],
    async letGo() {
      await opened.letGo();
      await slot.lock.release();
    },
  };
}

interface SlotWish {
  holder: SlotHolder;
  driver: Pick<WorkspaceDriver, 'name' | 'capabilities'>;
  paths: Pick<StatePaths, 'logs'>;
}

async function accessFor(
  mode: Config['network']['mode'],
  { name, capabilities }: SlotWish['driver'],
  { env, signal }: WorkspaceContext,
): Promise<NetworkAccess | NoNetworkAccess | undefined> {
  if (capabilities.network === 'tap') return requireNetworkAccess(name, { env, signal });
  return mode === 'off' ? undefined : await findNetworkAccess(env, signal);
}

/** Where nothing may be reached, nothing is named. */
function policyOf({ network: { mode, domains, ports, ranges } }: Config): NetworkPolicy {
  if (mode === 'off') return { mode: 'filtered', domains: [], ports: [], ranges: [] };
  return { mode, domains, ports, ranges };
}

function sayWhatLacks({ network }: Config, why: string, { emit }: WorkspaceContext): void {
  if (network.mode === 'filtered' && !needsEgress({ network })) return;
  const what =
    network.mode === 'open'
      ? 'the guest also reaches services of this host, and its private networks'
      : 'the guest reaches what is allowed by a proxy alone';
  emit({ type: 'warning', code: 'NO_TAP', message: `${what}, as it has no network of its own: ${why}` });
}
