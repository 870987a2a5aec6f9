import { ratio } from '../measure/series.ts';
import type { CommitReport } from './commit-report.ts';
import { plainTable } from './plain-table.ts';
import { count, duration, times } from './units.ts';

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
