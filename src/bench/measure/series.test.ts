import { expect, test } from 'vitest';
import { ratio, series } from './series.ts';

test('the median is the middle time, or halfway between the two middle ones; the order of the runs is kept', () => {
  expect(series([9, 1, 5])).toEqual({ ms: [9, 1, 5], min: 1, median: 5 });
  expect(series([10, 2, 4, 100])).toEqual({ ms: [10, 2, 4, 100], min: 2, median: 7 });
  expect(series([3])).toEqual({ ms: [3], min: 3, median: 3 });
});

test('a ratio is of medians, so that one slow run does not decide it', () => {
  expect(ratio(series([5, 6, 600]), series([4, 3, 2]))).toBe(2);
});
