import { html } from '../../core/html.ts';
import type { Html } from '../../core/html.ts';
import { gib } from './machines-text.ts';
import type { Unmeasured } from './machines-report.ts';
import { svgBars } from './svg-bars.ts';
import { faster, timeBar } from './time-bar.ts';
import { quantity } from './units.ts';
import type { WorkspacesReport } from './workspaces-report.ts';

/** What was measured of workspaces; or why nothing was. */
export function workspacesSection(report: WorkspacesReport | Unmeasured): Html {
  if ('why' in report)
    return html`<section>
      <h2>Workspaces</h2>
      <p>Not measured: ${report.why}.</p>
    </section>`;
  const { memory_mib, first, disk_reused, thawed, run, down, saved_mib } = report;
  return html`<section>
    <h2>Workspaces</h2>
    <p class="hint">
      Whole processes, on machines of ${gib(memory_mib)}; the image is there. What is saved after the first
      boot takes ${quantity(saved_mib, 'MiB')}.
    </p>
    ${svgBars('Times of up, run and down', [
      {
        title: 'dewar up',
        bars: [
          timeBar('thawed, with a new disk', 'ours', thawed, faster(thawed, first)),
          timeBar('booted, with its disk of before', 'other', disk_reused),
          timeBar('first: booted, and saved', 'base', first),
        ],
      },
      {
        title: 'in a machine that is up',
        bars: [timeBar('dewar run true', 'ours', run), timeBar('dewar down', 'other', down)],
      },
    ])}
  </section>`;
}
