import { ratio } from '../measure/series.ts';
import { gib } from './machines-text.ts';
import type { Unmeasured } from './machines-report.ts';
import { plainTable } from './plain-table.ts';
import { duration, quantity, times } from './units.ts';
import type { WorkspacesReport } from './workspaces-report.ts';

/** What was measured of workspaces, for a terminal; or why nothing was. */
export function workspacesText(report: WorkspacesReport | Unmeasured): string {
  if ('why' in report) return `workspaces: not measured: ${report.why}`;
  const { memory_mib, first, disk_reused, thawed, run, down, saved_mib } = report;
  const table = plainTable(['dewar', 'median', 'against the first']);
  table.push(
    ['up, first: boots, and is saved', duration(first.median), ''],
    ['up, disk reused: boots', duration(disk_reused.median), times(ratio(disk_reused, first))],
    ['up, new disk: thawed', duration(thawed.median), times(ratio(thawed, first))],
    ['run true', duration(run.median), ''],
    ['down', duration(down.median), ''],
  );
  const saved = quantity(saved_mib, 'MiB');
  return `a workspace of ${gib(memory_mib)} (saved: ${saved})\n${table.toString()}`;
}
