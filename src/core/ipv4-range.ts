/** Addresses of IPv4 that follow each other; both ends are in it. */
export interface Ipv4Range {
  first: number;
  last: number;
}

/**
 * @param text an address, or a range such as `10.0.0.0/8`
 * @returns undefined for what is none; a range begins where its prefix says, whatever follows in the address
 */
export function parseRange(text: string): Ipv4Range | undefined {
  const [, address = '', prefix = '32'] = /^([\d.]+)(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  const number = parseAddress(address);
  const bits = Number(prefix);
  if (number === undefined || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}

export function overlaps(one: Ipv4Range, other: Ipv4Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** @returns dotted */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
