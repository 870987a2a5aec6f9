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

test('shows machines of each size, how much of a clone is its own, and why the rest was not measured', () => {
  const text = textReport({ ...sampleReport(), sizes: [] });
  expect(text).toMatch(/median +│ 1 GiB +│ 8 GiB/);
  expect(text).toMatch(/first program over ssh +│ 2\.00 s +│ 2\.10 s/);
  expect(text).toMatch(/against the restore +│ 4\.00x +│ 4\.00x/);
  expect(text).toMatch(/private to each +│ 80 MiB, 82 MiB +│ 80 MiB, 82 MiB/);
  expect(text).toMatch(/read all that is in use.*│ 90 MiB, 91 MiB/);
  expect(text).toContain('16 GiB: not measured: too large');
  expect(text).toMatch(/│ build +│ thawed +│ warm-server +│ 7 +│ 30\.0 s +│ 2 min 00 s +│ 4\.00x +│ yes/);
  expect(text).toContain('build: thawed restore 3.00 s, query 9.00 s; cold query 1 min 40 s');
  expect(text).toMatch(/8 GiB against 1 GiB +│ +│ 1\.05x +│ <= 1\.20x +│ met/);
  expect(textReport({ ...sampleReport(), sizes: [], machines: { why: 'QEMU is missing' } })).toContain(
    'machines: not measured: QEMU is missing',
  );
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
