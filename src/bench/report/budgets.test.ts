import { expect, test } from 'vitest';
import { series } from '../measure/series.ts';
import { budgets } from './budgets.ts';
import { sampleReport, sampleSize } from './sample-report.fixture.ts';

test('takes ratios of medians and judges large graphs only', () => {
  const report = { ...sampleReport(), sizes: [sampleSize(1_002, 1), sampleSize(150_002, 10)] };
  const found = budgets(report).map(({ what, value, verdict }) => [what.split(',')[0], value, verdict]);
  expect(found).toEqual([
    ['generate-hashes', 700 / 600, 'met'],
    ['peak memory of generate-hashes', 900, 'missed'],
    ['consume', 0.26, 'met'],
    ['  of which reading the graph index', 0.04, 'met'],
    ['consume', 310 / 600, 'missed'],
    ['consume', 700 / 4100, 'met'],
    ['generate-hashes', 700 / 600, 'not judged'],
    ['peak memory of generate-hashes', 90, 'not judged'],
    ['consume', 0.26, 'not judged'],
    ['  of which reading the graph index', 0.04, 'not judged'],
    ['consume', 310 / 600, 'not judged'],
    ['consume', 700 / 4100, 'not judged'],
    ['restore to the first answer of the guest', 1.05, 'met'],
    ['start of the CLI: dewar --help against node -e 0', 85 / 48, 'met'],
  ]);
});

test('a budget is met at its limit and missed above it', () => {
  expect(verdictOf(1250)).toBe('met');
  expect(verdictOf(1251)).toBe('missed');
});

test('memory that is not known has no budget line', () => {
  const known = budgets({ ...sampleReport(), sizes: [sampleSize(150_002, 1)] }).length;
  const size = { ...sampleSize(150_002, 1), generate_hashes_peak_mib: undefined };
  expect(budgets({ ...sampleReport(), sizes: [size] })).toHaveLength(known - 1);
});

function verdictOf(ms: number): string | undefined {
  const size = { ...sampleSize(150_002, 1), bare_query: series([1000]), generate_hashes: series([ms]) };
  return budgets({ ...sampleReport(), sizes: [size] })[0]?.verdict;
}
