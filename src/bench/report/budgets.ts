import { ratio } from '../measure/series.ts';
import type { BenchReport, SizeReport } from './bench-report.ts';
import type { CachesReport } from './caches-report.ts';
import type { MachinesReport } from './machines-report.ts';

/** One budget of the design, measured. */
export interface BudgetResult {
  what: string;
  /** Number of targets it was measured at; undefined where it does not matter. */
  targets: number | undefined;
  value: number;
  limit: number;
  unit: 'x' | 'MiB' | 's';
  /** A budget of a large graph says nothing about a small one: those are shown, and not judged. */
  verdict: 'met' | 'missed' | 'not judged';
}

/** Budgets that name 150,000 targets are judged from here on. */
const LARGE_GRAPH_TARGETS = 100_000;

/** The measured budgets, largest graph first. */
export function budgets(report: BenchReport): BudgetResult[] {
  return [
    ...report.sizes.toSorted((a, b) => b.targets - a.targets).flatMap(sizeBudgets),
    ...(report.machines !== undefined && 'sizes' in report.machines ? machineBudgets(report.machines) : []),
    ...(report.caches !== undefined && 'warm' in report.caches ? cacheBudgets(report.caches) : []),
    judged(
      'start of the CLI: dewar --help against node -e 0',
      undefined,
      ratio(report.startup.dewar_help, report.startup.node),
      2,
      'x',
    ),
  ];
}

function sizeBudgets(size: SizeReport): BudgetResult[] {
  const { targets } = size;
  const found = [
    judged(
      'generate-hashes, warm server, against the bare query',
      targets,
      ratio(size.generate_hashes, size.bare_query),
      1.25,
      'x',
    ),
  ];
  if (size.generate_hashes_peak_mib !== undefined)
    found.push(judged('peak memory of generate-hashes', targets, size.generate_hashes_peak_mib, 600, 'MiB'));
  const { graph, partial, partial_cold_server: onFresh } = size.tiers;
  found.push(
    judged(
      'consume, graph tier, 10 changed files, whole process',
      targets,
      graph.consume.median / 1000,
      0.5,
      's',
    ),
    judged('  of which reading the graph index', targets, graph.index.median / 1000, 0.1, 's'),
    judged(
      'consume, partial tier, 1 BUILD file, against the full warm query',
      targets,
      ratio(partial.consume, size.bare_query),
      1 / 3,
      'x',
    ),
    judged(
      'consume, partial tier, fresh server, against the full query of a fresh server',
      targets,
      ratio(onFresh.consume, size.cold_query),
      1 / 5,
      'x',
    ),
  );
  return found;
}

const SMALL_MIB = 1024;
const LARGE_MIB = 8192;

function machineBudgets({ sizes }: MachinesReport): BudgetResult[] {
  const small = sizes.find(({ memory_mib }) => memory_mib === SMALL_MIB);
  const large = sizes.find(({ memory_mib }) => memory_mib === LARGE_MIB);
  if (small === undefined || large === undefined) return [];
  const what = 'restore to the first answer of the guest, 8 GiB against 1 GiB';
  return [judged(what, undefined, ratio(large.restore, small.restore), 1.2, 'x')];
}

function cacheBudgets({ warm, by_hand: byHand, peak_mib: peak, again }: CachesReport): BudgetResult[] {
  return [
    judged('a cache into a machine, against tar | ssh tar', undefined, ratio(warm, byHand), 1.1, 'x'),
    ...(peak === undefined ? [] : [judged('  peak memory of dewar', undefined, peak, 150, 'MiB')]),
    judged('  once more: nothing to send', undefined, again.median / 1000, 1, 's'),
  ];
}

function judged(
  what: string,
  targets: number | undefined,
  value: number,
  limit: number,
  unit: BudgetResult['unit'],
): BudgetResult {
  const applies = targets === undefined || targets >= LARGE_GRAPH_TARGETS;
  return {
    what,
    targets,
    value,
    limit,
    unit,
    verdict: !applies ? 'not judged' : value <= limit ? 'met' : 'missed',
  };
}
