import { readEgress } from '../../network/egress-files.ts';
import type { AskedName } from '../../network/parse-query-log.ts';
import { readCounters } from '../../network/read-counters.ts';
import type { NetworkCounters } from '../../network/read-counters.ts';
import type { MachineInHand } from '../mount.ts';
import { requireMachine } from '../require-machine.ts';
import { findMachineNetwork, requireMachineNetwork, requireNetworkAccess } from './machine-network.ts';
import { readAskedNames } from './read-asked-names.ts';

export interface NetworkStatus {
  mode: 'open' | 'filtered' | 'off';
  /** `tap`: its own; `proxy`: none, but a proxy; `vmm`: that of the VMM, which counts nothing. */
  by: 'tap' | 'proxy' | 'vmm';
  tap: string | undefined;
  guest: string | undefined;
  domains: readonly string[];
  ports: readonly number[];
  ranges: readonly string[];
  /** Different names. */
  names: { allowed: number; denied: number } | undefined;
  /** Packets to addresses. */
  refused: number | undefined;
  dropped: NetworkCounters['dropped'] | undefined;
  /** Addresses that are open now. */
  open: string[] | undefined;
}

/** @throws DewarError WORKSPACE_DOWN, WORKSPACE_BUSY, NO_TAP, NETWORK_FAILED */
export async function networkStatus(hand: MachineInHand): Promise<NetworkStatus> {
  const { name, paths, context, config } = hand;
  const { machine } = await requireMachine(name, paths, context);
  const record = await findMachineNetwork(machine, context);
  const none = { tap: undefined, guest: undefined, refused: undefined, dropped: undefined, open: undefined };
  if (record !== undefined) {
    const { names, counters } = await networkLog(hand);
    const targets = counters?.targets.filter(({ verdict }) => verdict === 'denied') ?? [];
    return {
      ...record.policy,
      by: 'tap',
      tap: record.network.name,
      guest: record.network.guest,
      names: countNames(names),
      refused: targets.reduce((sum, { count }) => sum + count, 0),
      dropped: counters?.dropped,
      open: counters?.resolved,
    };
  }
  const proxy = await readEgress(context.env, machine.id);
  if (proxy !== undefined) return { ...none, ...proxy.policy, by: 'proxy', names: countNames(proxy.names) };
  return { ...none, ...config.network, mode: machine.network, by: 'vmm', names: undefined };
}

function countNames(names: readonly AskedName[]): { allowed: number; denied: number } {
  const allowed = names.filter(({ verdict }) => verdict === 'allowed').length;
  return { allowed, denied: names.length - allowed };
}

export interface NetworkLog {
  names: AskedName[];
  /** Undefined where a proxy lets through by name alone. */
  counters: NetworkCounters | undefined;
}

/** @throws DewarError WORKSPACE_DOWN, WORKSPACE_BUSY, NO_TAP, NETWORK_FAILED */
export async function networkLog({ name, paths, context }: MachineInHand): Promise<NetworkLog> {
  const { machine } = await requireMachine(name, paths, context);
  const proxy = await readEgress(context.env, machine.id);
  if (proxy !== undefined) return { names: proxy.names, counters: undefined };
  const { network } = await requireMachineNetwork(machine, context);
  const access = await requireNetworkAccess(context);
  return {
    names: await readAskedNames(access.root, network.slot),
    counters: await readCounters(network, access, context.signal),
  };
}
