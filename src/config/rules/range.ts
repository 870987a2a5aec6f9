import { formatAddress, parseRange } from '../../core/ipv4-range.ts';
import type { Verdict } from './verdict.ts';

const MUST_BE = 'a range of IPv4 of at most 16777216 addresses, such as 10.1.0.0/16';
const MOST = 2 ** 24;

/** @returns a range of IPv4 by its first address; a single address is a range, too */
export function standardRange(text: string): Verdict {
  const range = parseRange(text);
  if (range === undefined) return { mustBe: MUST_BE };
  const size = range.last - range.first + 1;
  if (size > MOST) return { mustBe: MUST_BE };
  return { value: `${formatAddress(range.first)}/${32 - Math.log2(size)}` };
}
