import { html } from '../../core/html.ts';
import type { Html } from '../../core/html.ts';
import type { CommitReport } from './commit-report.ts';
import { count, duration, times } from './units.ts';

/** A table with one row a commit. */
export function commitRows(commits: readonly Omit<CommitReport, 'consume_peak_mib'>[]): Html {
  const rows = commits.map(
    (commit) =>
      html`<tr>
        <td>${commit.kind}</td>
        <td>${commit.tier}</td>
        <td>${commit.reason}</td>
        <td class="number">${count(commit.impacted)}</td>
        <td class="number">${duration(commit.consume.median)}</td>
        <td class="number">${duration(commit.cold.median)}</td>
        <td class="number">${times(commit.cold.median / commit.consume.median)}</td>
        <td class="${commit.equal ? 'pass' : 'fail'}">${commit.equal ? 'yes' : 'NO'}</td>
      </tr>`,
  );
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>commit</th>
          <th>tier</th>
          <th>reason</th>
          <th class="number">impacted</th>
          <th class="number">consume</th>
          <th class="number">cold</th>
          <th class="number">speed-up</th>
          <th>equal</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
