import { quotePosix } from '../core/quote-posix.ts';
import { KEEPER_SCRIPT } from './keeper-script.ts';
import type { SlotNetwork } from './plan-slot-network.ts';

/** Exit code of `keep`: somebody else has that slot's network. */
export const SLOT_TAKEN = 75;

export type PrivilegedWork =
  | {
      kind: 'keep';
      network: Pick<SlotNetwork, 'slot' | 'name' | 'host'>;
      resolver: Resolver;
      /** Id of the user who runs the VMM. */
      owner: number;
      /** Devices that lead out. */
      uplinks: readonly string[];
      /** Absolute directory of the files `rules`, `config`, `domains` and `policy`. */
      from: string;
    }
  /** Takes new `domains` and `policy`. */
  | { kind: 'allow'; network: Pick<SlotNetwork, 'slot' | 'name'>; resolver: Resolver; from: string }
  /** Shows the table as JSON. */
  | { kind: 'show'; network: Pick<SlotNetwork, 'slot' | 'name'> }
  /** Removes what is there. */
  | { kind: 'end'; network: Pick<SlotNetwork, 'slot' | 'name'> }
  /** The same where neither a keeper nor a machine is alive. */
  | { kind: 'sweep'; network: Pick<SlotNetwork, 'slot' | 'name'> };

interface Resolver {
  mode: 'open' | 'filtered';
  /** Absolute: where this host's DNS servers are named. It is read again when it changes. */
  resolvFile: string;
}

/**
 * @param root absolute; of all networks
 * @returns words of a command for root, in which nothing that somebody else said is code
 */
export function planPrivileged(work: PrivilegedWork, root: string): string[] {
  const slot = slotDirectoryName(work.network.slot);
  const variables: Record<string, string> = { root, slot, name: work.network.name };
  if ('from' in work) {
    variables['from'] = work.from;
    variables['mode'] = work.resolver.mode;
    variables['resolv'] = work.resolver.resolvFile;
  }
  if (work.kind === 'keep') {
    variables['host'] = work.network.host;
    variables['owner'] = String(work.owner);
    variables['uplinks'] = work.uplinks.filter((device) => DEVICE.test(device)).join(' ');
  }
  const assignments = Object.entries(variables).map(([key, value]) => `${key}=${quotePosix(value)}\n`);
  // By the variable its processes are found when it is killed.
  const marked = work.kind === 'keep' ? ['env', `DEWAR_NETWORK=${root}/${slot}`] : [];
  return [...marked, 'sh', '-c', `${assignments.join('')}${KEEPER_SCRIPT}${work.kind}\n`];
}

/** @returns what of a slot lies in the directory of networks */
export function slotDirectoryName(slot: number): string {
  return String(slot).padStart(2, '0');
}

const DEVICE = /^[\w.-]{1,15}$/;
