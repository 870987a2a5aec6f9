import { expect, test } from 'vitest';
import { agreedRate } from './agreed-rate.ts';

/** Measured on a host with twelve busy processes on two CPUs. */
const BUSY = [2_628_690, 3_004_739, 2_596_335, 2_719_227, 2_596_150];

test.each<[string, readonly (number | string)[], number | string, number]>([
  ['two that agree at once', [2_596_717, 2_596_335], 2_596_335, 2],
  ['two that agree at last', BUSY, 2_596_150, 5],
  ['the lowest when none agree', [9, 8, 7, 6, 5, 4, 3, 2], 2, 8],
  ['why there is none', [9, 'hung', 9], 'hung', 2],
])('takes %s', async (_name, measured, expected, runs) => {
  let run = 0;
  expect(await agreedRate(() => Promise.resolve(measured[run++] ?? 'too often'))).toBe(expected);
  expect(run).toBe(runs);
});
