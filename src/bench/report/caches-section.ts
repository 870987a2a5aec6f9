import { formatBytes } from '../../core/format-bytes.ts';
import { html } from '../../core/html.ts';
import type { Html } from '../../core/html.ts';
import type { CachesReport } from './caches-report.ts';
import type { Unmeasured } from './machines-report.ts';
import { svgBars } from './svg-bars.ts';
import { against, timeBar } from './time-bar.ts';
import { count, quantity } from './units.ts';

/** What was measured of caches; or why nothing was. */
export function cachesSection(report: CachesReport | Unmeasured): Html {
  if ('why' in report)
    return html`<section>
      <h2>Caches</h2>
      <p>Not measured: ${report.why}.</p>
    </section>`;
  const { files, bytes, warm, peak_mib: peak, by_hand: byHand, rsync, again, refresh } = report;
  return html`<section>
    <h2>Caches</h2>
    <p class="hint">
      A cache of ${count(files)} files, ${formatBytes(bytes)}, into a machine, until all is on its disk.
      ${peak === undefined ? '' : `Peak memory of dewar: ${quantity(peak, 'MiB')}.`}
      ${'why' in rsync ? `rsync was not measured: ${rsync.why}.` : ''}
    </p>
    ${svgBars('Times of streaming a cache', [
      {
        title: 'all of it',
        bars: [
          timeBar('dewar … warm-cache', 'ours', warm, against(warm, byHand)),
          timeBar('tar | ssh tar, and sync', 'base', byHand),
          ...('why' in rsync ? [] : [timeBar('rsync -a, and sync', 'other', rsync)]),
        ],
      },
      {
        title: 'later',
        bars: [
          timeBar('warm-cache again: nothing', 'ours', again),
          timeBar('--force, 100 new files', 'ours', refresh),
        ],
      },
    ])}
  </section>`;
}
