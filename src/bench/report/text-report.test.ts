import { expect, test } from 'vitest';
import { sampleReport } from './sample-report.fixture.ts';
import { textReport } from './text-report.ts';

test('shows every size, every commit and every budget', () => {
  const text = textReport(sampleReport());
  expect(text).toMatch(/against the bare query +│ 1\.17x +│ 1\.17x +│ 1\.17x/);
  expect(text).toMatch(/peak memory +│ 90 MiB +│ 180 MiB +│ 450 MiB/);
  expect(text).toMatch(/│ source +│ graph +│ ok +│ 42 +│ 250 ms +│ 25\.0 s +│ 100x +│ yes/);
  expect(text).toMatch(
    /generate-hashes, warm server, against the bare query +│ 150,002 +│ 1\.17x +│ <= 1\.25x +│ met/,
  );
  expect(text).toMatch(/consume, graph tier, 10 files +│ 260 ms +│ 260 ms +│ 260 ms/);
  expect(text).toMatch(/of which reading the graph index +│ 150,002 +│ 0\.04 s +│ <= 0\.10 s +│ met/);
  expect(text).toContain('Every warm answer is equal');
});

test('says which answer differs', () => {
  const report = sampleReport();
  const sizes = report.sizes.map((size) => ({
    ...size,
    commits: size.commits.map((commit) => ({ ...commit, equal: commit.kind !== 'bzl' })),
  }));
  const text = textReport({ ...report, sizes, equal: false });
  expect(text).toMatch(/│ bzl .*│ NO/);
  expect(text).toContain('DIFFER');
});
