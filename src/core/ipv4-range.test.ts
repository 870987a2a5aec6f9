import { expect, test } from 'vitest';
import { formatAddress, overlaps, parseRange } from './ipv4-range.ts';
import type { Ipv4Range } from './ipv4-range.ts';

test.each([
  ['10.0.0.0/8', { first: 0x0a000000, last: 0x0affffff }],
  ['192.168.1.7/24', { first: 0xc0a80100, last: 0xc0a801ff }],
  ['255.255.255.255', { first: 0xffffffff, last: 0xffffffff }],
  ['0.0.0.0/0', { first: 0, last: 0xffffffff }],
  ['1.2.3', undefined],
  ['1.2.3.256', undefined],
  ['01.2.3.4', undefined],
  ['1.2.3.4/33', undefined],
  ['::1', undefined],
  ['1.2.3.4; accept', undefined],
])('%s', (text, range) => {
  expect(parseRange(text)).toEqual(range);
});

function range(text: string): Ipv4Range {
  return parseRange(text) ?? { first: 0, last: 0 };
}

test('ranges overlap where one address is in both', () => {
  expect(overlaps(range('10.0.0.0/8'), range('10.255.255.255'))).toBe(true);
  expect(overlaps(range('10.1.0.0/16'), range('10.0.0.0/8'))).toBe(true);
  expect(overlaps(range('10.0.0.0/9'), range('10.128.0.0/9'))).toBe(false);
});

test('an address is written as it was read', () => {
  expect(formatAddress(parseRange('203.0.113.9')?.first ?? 0)).toBe('203.0.113.9');
});
