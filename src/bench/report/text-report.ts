import Table from 'cli-table3';
import { ratio } from '../measure/series.ts';
import type { BenchReport, CommitReport, SizeReport } from './bench-report.ts';
import { budgets } from './budgets.ts';
import { count, duration, quantity, times } from './units.ts';

/** The report for a terminal: times at each size, consume against cold, budgets. */
export function textReport(report: BenchReport): string {
  const verdict = report.equal
    ? 'Every warm answer is equal to the cold one, byte for byte.'
    : 'SOME WARM ANSWERS DIFFER FROM THE COLD ONES (see "NO" above).';
  return `${[engineTable(report.sizes), ...report.sizes.map(consumeTable), budgetTable(report), verdict].join('\n\n')}\n`;
}

function engineTable(sizes: readonly SizeReport[]): string {
  const table = plainTable(['median', ...sizes.map(({ targets }) => `${count(targets)} targets`)]);
  const row = (name: string, cell: (size: SizeReport) => string): void => {
    table.push([name, ...sizes.map(cell)]);
  };
  row('bazel query > /dev/null, warm', (size) => duration(size.bare_query.median));
  row('generate-hashes, warm', (size) => duration(size.generate_hashes.median));
  row('  against the bare query', (size) => times(ratio(size.generate_hashes, size.bare_query)));
  row('  peak memory', (size) => memory(size.generate_hashes_peak_mib));
  row('get-impacted-targets', (size) => duration(size.get_impacted_targets.median));
  row('  peak memory', (size) => memory(size.get_impacted_targets_peak_mib));
  row('bazel query > /dev/null, fresh server', (size) => duration(size.cold_query.median));
  row('generate-hashes, fresh server', (size) => duration(size.cold_generate_hashes.median));
  row('record', (size) => duration(size.record.median));
  for (const [name, of] of TIERS) {
    row(name, ({ tiers }) => duration(tiers[of].consume.median));
    row('  of which reading the index', ({ tiers }) => duration(tiers[of].index.median));
    row('  peak memory', ({ tiers }) => memory(tiers[of].peak_mib));
  }
  return table.toString();
}

const TIERS = [
  ['consume, graph tier, 10 files', 'graph'],
  ['consume, partial tier, 1 BUILD file', 'partial'],
  ['consume, partial tier, fresh server', 'partial_cold_server'],
] as const;

function consumeTable(size: SizeReport): string {
  return `consume at ${count(size.targets)} targets\n${commitTable(size.commits)}`;
}

/** One row a commit: tier, reason, impacted targets, times, equality. */
export function commitTable(
  commits: readonly Pick<
    CommitReport,
    'kind' | 'tier' | 'reason' | 'impacted' | 'consume' | 'cold' | 'equal'
  >[],
): string {
  const table = plainTable(['commit', 'tier', 'reason', 'impacted', 'time', 'cold', 'speed-up', 'equal']);
  for (const commit of commits)
    table.push([
      commit.kind,
      commit.tier,
      commit.reason,
      count(commit.impacted),
      duration(commit.consume.median),
      duration(commit.cold.median),
      times(ratio(commit.cold, commit.consume)),
      commit.equal ? 'yes' : 'NO',
    ]);
  return table.toString();
}

function budgetTable(report: BenchReport): string {
  const table = plainTable(['budget', 'targets', 'measured', 'limit', '']);
  for (const { what, targets, value, limit, unit, verdict } of budgets(report))
    table.push([
      what,
      targets === undefined ? '' : count(targets),
      quantity(value, unit),
      `<= ${quantity(limit, unit)}`,
      verdict,
    ]);
  return table.toString();
}

function plainTable(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

function memory(mib: number | undefined): string {
  return mib === undefined ? 'unknown' : quantity(mib, 'MiB');
}
