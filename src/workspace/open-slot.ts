import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import { findNetworkAccess } from '../network/find-network-access.ts';
import type { NetworkAccess } from '../network/find-network-access.ts';
import { openNetwork } from '../network/open-network.ts';
import type { OpenNetwork } from '../network/open-network.ts';
import { takeSlot } from '../network/slots.ts';
import type { Slot, SlotHolder } from '../network/slots.ts';
import type { HeldDescriptor, StartSpec } from '../vmm/workspace-driver.ts';
import { endNetwork } from './end-network.ts';
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
 * Takes a slot for a machine that is to be started, and makes its network: by a TAP where this host lets this user, else the
 * VMM's own, of which it is said what that lacks.
 * @throws DewarError NO_SLOT, RUNTIME_DIRECTORY, LOCK_FAILED; NETWORK_CLASH, NETWORK_FAILED, INTERRUPTED
 */
export async function openSlot(
  config: Config,
  holder: SlotHolder,
  paths: Pick<StatePaths, 'logs'>,
  context: WorkspaceContext,
): Promise<OpenSlot> {
  const { env, signal } = context;
  const { mode } = config.network;
  const access = mode === 'off' ? undefined : await findNetworkAccess(env, signal);
  if (access === undefined || 'why' in access) {
    if (access !== undefined) sayWhatLacks(config, `${access.why}; to mend it, ${access.mend}`, context);
    const { number, lock } = await takeFreeSlot(holder, new Set(), context);
    const network = mode === 'open' ? 'open' : 'off';
    return { number, network, tap: undefined, holds: [lock], letGo: () => lock.release() };
  }
  await mkdir(paths.logs, { recursive: true, mode: 0o700 });
  const { slot, opened } = await withNetwork(
    config,
    holder,
    join(paths.logs, 'network.log'),
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

/** Slots are a user's, networks the host's: that of a free slot may be another user's. */
async function withNetwork(
  { network: { mode, domains, ports, ranges } }: Config,
  holder: SlotHolder,
  log: string,
  access: NetworkAccess,
  context: WorkspaceContext,
): Promise<{ slot: Slot; opened: OpenNetwork }> {
  const policy = {
    mode: mode === 'open' ? ('open' as const) : ('filtered' as const),
    domains,
    ports,
    ranges,
  };
  for (const taken = new Set<number>(); ;) {
    const slot = await takeFreeSlot(holder, taken, context);
    try {
      const spec = { slot: slot.number, policy, machine: holder.machine, log };
      return { slot, opened: await openNetwork(spec, access, context.signal) };
    } catch (error) {
      await slot.lock.release({ remove: true });
      if (!(error instanceof DewarError) || error.code !== 'NETWORK_TAKEN') throw error;
      taken.add(slot.number);
    }
  }
}

async function takeFreeSlot(
  holder: SlotHolder,
  except: ReadonlySet<number>,
  context: WorkspaceContext,
): Promise<Slot> {
  const slot = await takeSlot(context.env, holder, except);
  const { number, previous } = slot;
  if (previous === undefined) return slot;
  try {
    await endNetwork({ slot: number, machine: previous.machine }, context);
    return slot;
  } catch (error) {
    await slot.lock.release();
    throw error;
  }
}

function sayWhatLacks({ network }: Config, why: string, { emit }: WorkspaceContext): void {
  if (network.mode === 'filtered' && !needsEgress({ network })) return;
  const what =
    network.mode === 'open'
      ? 'the guest also reaches services of this host, and its private networks'
      : 'the guest reaches what is allowed by a proxy alone';
  emit({ type: 'warning', code: 'NO_TAP', message: `${what}, as it has no network of its own: ${why}` });
}
