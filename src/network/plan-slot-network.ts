import { DewarError } from '../core/errors.ts';
import { formatAddress, overlaps, parseRange } from '../core/ipv4-range.ts';

/** The network of the machine that has a slot: a TAP with this host at one end, and the guest at the other. */
export interface SlotNetwork {
  slot: number;
  /** Name of the TAP, and of its table in nftables (family inet). */
  name: string;
  mac: string;
  /** Addresses of both ends. */
  host: string;
  guest: string;
  prefix: 30;
}

/** What of its own network a host says. */
export interface HostNetwork {
  /** An address, or a range. */
  range: string;
  device: string;
}

/** What is routed in halves of all there is, as VPNs do, is a default route. */
const WIDEST = 2 ** 31 - 1;

export const TAP_PATTERN: RegExp = /^dewar-\d{2}$/;

/** Of 256 addresses each: the range for benchmarks, which nobody should use, then private ones that few use. */
const BASES = ['198.18.77.0/24', '10.213.77.0/24', '172.29.213.0/24', '192.168.213.0/24'] as const;

/**
 * All that a slot's network is called, which follows from the slot alone.
 * @param slot 0 to 63
 * @param base of `chooseBase`
 */
export function planSlotNetwork(slot: number, base: string): SlotNetwork {
  if (!Number.isInteger(slot) || slot < 0 || slot > 63) throw new RangeError(`no slot ${slot}`);
  const first = parseRange(base)?.first;
  if (first === undefined) throw new RangeError(`no range ${base}`);
  return {
    slot,
    name: `dewar-${String(slot).padStart(2, '0')}`,
    // Of those that are nobody's (the second bit).
    mac: `02:64:77:61:72:${slot.toString(16).padStart(2, '0')}`,
    host: formatAddress(first + 4 * slot + 1),
    guest: formatAddress(first + 4 * slot + 2),
    prefix: 30,
  };
}

/**
 * @param taken addresses and routes of this host; default routes, and those of dewar's own TAPs, do not count
 * @returns the first range for slots that clashes with none of them
 * @throws DewarError NETWORK_CLASH
 */
export function chooseBase(taken: readonly HostNetwork[], bases: readonly string[] = BASES): string {
  const others = taken
    .filter(({ device }) => !TAP_PATTERN.test(device))
    .flatMap(({ range }) => parseRange(range) ?? [])
    .filter(({ first, last }) => last - first < WIDEST);
  const free = bases.find((base) => {
    const range = parseRange(base);
    return range !== undefined && !others.some((other) => overlaps(range, other));
  });
  if (free !== undefined) return free;
  throw new DewarError({
    code: 'NETWORK_CLASH',
    message: `this host has addresses or routes in each of ${bases.join(', ')}, so none is left for guests`,
    mend: 'remove one of them: ip route, ip address',
  });
}
