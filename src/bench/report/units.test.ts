import { expect, test } from 'vitest';
import { count, duration, gibibytes, quantity, times } from './units.ts';

test.each([
  [0.42, '0.4 ms'],
  [850.2, '850 ms'],
  [999.7, '1.00 s'],
  [3_214, '3.21 s'],
  [41_530, '41.5 s'],
  [99_960, '1 min 40 s'],
  [185_400, '3 min 05 s'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('counts, ratios and sizes', () => {
  expect(count(150_002)).toBe('150,002');
  expect([1.184, 12.34, 120.4].map(times)).toEqual(['1.18x', '12.3x', '120x']);
  expect([quantity(1.2, 'x'), quantity(511.7, 'MiB'), quantity(0.424, 's')]).toEqual([
    '1.20x',
    '512 MiB',
    '0.42 s',
  ]);
  expect(gibibytes(24 * 2 ** 30)).toBe('24.0 GiB');
});
