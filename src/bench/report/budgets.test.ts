import { expect, test } from 'vitest';
import { series } from '../measure/series.ts';
import { budgets } from './budgets.ts';
import { sampleReport, sampleSize } from './sample-report.fixture.ts';

test('takes ratios of medians and judges large graphs only', () => {
  const report = { ...sampleReport(), sizes: [sampleSize(1_002, 1), sampleSize(150_002, 10)] };
  const found = budgets(report).map(({ what, value, verdict }) => [what.split(',')[0], value, verdict]);
  expect(found).toEqual([
    ['generate-hashes', 700 / 600, 'pass'],
    ['peak memory of generate-hashes', 900, 'fail'],
    ['consume', 0.26, 'pass'],
    ['consume', 310 / 600, 'fail'],
    ['generate-hashes', 700 / 600, 'not judged'],
    ['peak memory of generate-hashes', 90, 'not judged'],
    ['consume', 0.26, 'not judged'],
    ['consume', 310 / 600, 'not judged'],
    ['start of the CLI: dewar --help against node -e 0', 85 / 48, 'pass'],
  ]);
});

test('a budget is met at its limit and missed above it', () => {
  expect(verdictOf(1250)).toBe('pass');
  expect(verdictOf(1251)).toBe('fail');
});

test('a tier that was not used has no budget line, and unknown memory neither', () => {
  const size = { ...sampleSize(150_002, 1), generate_hashes_peak_mib: undefined, commits: [] };
  expect(budgets({ ...sampleReport(), sizes: [size] }).map(({ unit }) => unit)).toEqual(['x', 'x']);
});

function verdictOf(ms: number): string | undefined {
  const size = { ...sampleSize(150_002, 1), bare_query: series([1000]), generate_hashes: series([ms]) };
  return budgets({ ...sampleReport(), sizes: [size] })[0]?.verdict;
}
