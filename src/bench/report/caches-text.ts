import { formatBytes } from '../../core/format-bytes.ts';
import { ratio } from '../measure/series.ts';
import type { CachesReport } from './caches-report.ts';
import type { Unmeasured } from './machines-report.ts';
import { plainTable } from './plain-table.ts';
import { count, duration, quantity, times } from './units.ts';

/** What was measured of caches, for a terminal; or why nothing was. */
export function cachesText(report: CachesReport | Unmeasured): string {
  if ('why' in report) return `caches: not measured: ${report.why}`;
  const { files, bytes, warm, peak_mib: peak, by_hand: byHand, by_hand_unsynced: unsynced } = report;
  const { rsync, again, refresh } = report;
  const table = plainTable(['', 'median', 'against tar | ssh tar']);
  table.push(
    ['tar | ssh tar, and sync', duration(byHand.median), ''],
    ['  before sync', duration(unsynced.median), ''],
    ['dewar … warm-cache', duration(warm.median), times(ratio(warm, byHand))],
    ['  peak memory', peak === undefined ? 'unknown' : quantity(peak, 'MiB'), ''],
    'why' in rsync
      ? ['rsync -a, and sync', `not measured: ${rsync.why}`, '']
      : ['rsync -a, and sync', duration(rsync.median), times(ratio(rsync, byHand))],
    ['warm-cache again: sends nothing', duration(again.median), times(ratio(again, byHand))],
    ['warm-cache --force, 100 new files', duration(refresh.median), times(ratio(refresh, byHand))],
  );
  return `a cache of ${count(files)} files, ${formatBytes(bytes)}, into a machine\n${table.toString()}`;
}
