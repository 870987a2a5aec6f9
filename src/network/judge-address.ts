import { overlaps, parseRange } from '../core/ipv4-range.ts';
import { NEVER, PRIVATE } from './special-ranges.ts';

/**
 * @param address of IPv4, that an allowed name has
 * @param own addresses of this host
 * @returns why no guest may reach it; undefined where one may
 */
export function judgeAddress(
  address: string,
  ranges: readonly string[],
  own: readonly string[],
): string | undefined {
  const range = parseRange(address);
  if (range === undefined) return `${address} is no address of IPv4`;
  const within = (all: readonly string[]): boolean =>
    all.some((text) => {
      const other = parseRange(text);
      return other !== undefined && overlaps(range, other);
    });
  if (own.includes(address)) return `${address} is this host`;
  if (within(NEVER)) return `${address} is never reached`;
  if (within(PRIVATE) && !within(ranges)) return `${address} is private`;
  return undefined;
}
