import { readCounters } from '../../network/read-counters.ts';
import type { NetworkCounters } from '../../network/read-counters.ts';
import type { AskedName } from '../../network/parse-query-log.ts';
import type { MachineInHand } from '../mount.ts';
import { requireMachine } from '../require-machine.ts';
import { findMachineNetwork, requireMachineNetwork, requireNetworkAccess } from './machine-network.ts';
import { readAskedNames } from './read-asked-names.ts';

export interface NetworkStatus {
  mode: 'open' | 'filtered' | 'off';
  /** Undefined where the network is the VMM's own, which asks nobody for names and counts nothing. */
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
  if (record === undefined) {
    const { domains, ports, ranges } = config.network;
    return {
      mode: machine.network,
      tap: undefined,
      guest: undefined,
      domains,
      ports,
      ranges,
      names: undefined,
      refused: undefined,
      dropped: undefined,
      open: undefined,
    };
  }
  const { names, counters } = await networkLog(hand);
  const { domains, ports, ranges, mode } = record.policy;
  return {
    mode,
    tap: record.network.name,
    guest: record.network.guest,
    domains,
    ports,
    ranges,
    names: {
      allowed: names.filter(({ verdict }) => verdict === 'allowed').length,
      denied: names.filter(({ verdict }) => verdict !== 'allowed').length,
    },
    refused: counters.targets.reduce(
      (sum, { verdict, count }) => sum + (verdict === 'denied' ? count : 0),
      0,
    ),
    dropped: counters.dropped,
    open: counters.resolved,
  };
}

export interface NetworkLog {
  names: AskedName[];
  counters: NetworkCounters;
}

/** @throws DewarError WORKSPACE_DOWN, WORKSPACE_BUSY, NO_TAP, NETWORK_FAILED */
export async function networkLog({ name, paths, context }: MachineInHand): Promise<NetworkLog> {
  const { machine } = await requireMachine(name, paths, context);
  const { network } = await requireMachineNetwork(machine, context);
  const access = await requireNetworkAccess(context);
  return {
    names: await readAskedNames(access.root, network.slot),
    counters: await readCounters(network, access, context.signal),
  };
}
