import { describe, expect, test } from 'vitest';
import { chooseBase, planSlotNetwork } from './plan-slot-network.ts';

test('the names and addresses of a slot', () => {
  expect(planSlotNetwork(7, '198.18.77.0/24')).toEqual({
    slot: 7,
    name: 'dewar-07',
    mac: '02:64:77:61:72:07',
    host: '198.18.77.29',
    guest: '198.18.77.30',
    prefix: 30,
  });
});

test('no two slots share anything', () => {
  const all = Array.from({ length: 64 }, (_, slot) => planSlotNetwork(slot, '10.213.77.0/24'));
  expect(new Set(all.flatMap(({ host, guest }) => [host, guest])).size).toBe(128);
  expect(new Set(all.map(({ mac }) => mac)).size).toBe(64);
  expect(new Set(all.map(({ name }) => name)).size).toBe(64);
  expect(all.at(-1)).toMatchObject({ host: '10.213.77.253', guest: '10.213.77.254' });
});

test.each([-1, 64, 1.5])('there is no slot %d', (slot) => {
  expect(() => planSlotNetwork(slot, '198.18.77.0/24')).toThrow(RangeError);
});

function choose(...taken: [string, string][]): string {
  return chooseBase(taken.map(([range, device]) => ({ range, device })));
}

describe('the range', () => {
  test.each<[string, [string, string][], string]>([
    ['is the first one', [], '198.18.77.0/24'],
    ['may be in a default route', [['0.0.0.0/0', 'eth0']], '198.18.77.0/24'],
    ['is another one beside a route', [['198.18.0.0/15', 'tun0']], '10.213.77.0/24'],
    ['is another one beside an address', [['198.18.77.200', 'lo']], '10.213.77.0/24'],
    [
      'may be in what a VPN routes in halves of all there is',
      [
        ['0.0.0.0/1', 'wg0'],
        ['128.0.0.0/1', 'wg0'],
      ],
      '198.18.77.0/24',
    ],
    ['is the same as that of other slots', [['198.18.77.4/30', 'dewar-01']], '198.18.77.0/24'],
  ])('%s', (_, taken, base) => {
    expect(choose(...taken)).toBe(base);
  });

  test('that every one clashes is an error', () => {
    expect(() => choose(['128.0.0.0/2', 'wg0'], ['192.0.0.0/2', 'wg0'], ['10.0.0.0/8', 'eth0'])).toThrow(
      expect.objectContaining({ code: 'NETWORK_CLASH' }),
    );
  });
});
