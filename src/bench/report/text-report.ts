import { ratio } from '../measure/series.ts';
import type { BenchReport, SizeReport } from './bench-report.ts';
import { budgets } from './budgets.ts';
import { cachesText } from './caches-text.ts';
import { commitTable } from './commit-table.ts';
import { machinesText } from './machines-text.ts';
import { workspacesText } from './workspaces-text.ts';
import { plainTable } from './plain-table.ts';
import { count, duration, quantity, times } from './units.ts';
import { warmAnswers } from './warm-answers.ts';

/** The report for a terminal: times at each size, consume against cold, machines, budgets. */
export function textReport(report: BenchReport): string {
  const { sizes, machines, workspaces, caches } = report;
  const parts = [
    ...(sizes.length > 0 ? [engineTable(sizes), ...sizes.map(consumeTable)] : []),
    ...(machines === undefined ? [] : [machinesText(machines)]),
    ...(workspaces === undefined ? [] : [workspacesText(workspaces)]),
    ...(caches === undefined ? [] : [cachesText(caches)]),
    budgetTable(report),
    ...verdict(report),
  ];
  return `${parts.join('\n\n')}\n`;
}

function verdict(report: BenchReport): string[] {
  if (warmAnswers(report).length === 0) return [];
  return report.equal
    ? ['Every warm answer is equal to the cold one, byte for byte.']
    : ['SOME WARM ANSWERS DIFFER FROM THE COLD ONES (see "NO" above).'];
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

function memory(mib: number | undefined): string {
  return mib === undefined ? 'unknown' : quantity(mib, 'MiB');
}
