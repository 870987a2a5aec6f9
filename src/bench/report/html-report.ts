import type { BenchReport, SizeReport, TierReport } from './bench-report.ts';
import { budgets } from './budgets.ts';
import type { BudgetResult } from './budgets.ts';
import { html } from '../../core/html.ts';
import type { Html } from '../../core/html.ts';
import { REPORT_STYLE } from './report-style.ts';
import { cachesSection } from './caches-section.ts';
import { commitRows } from './commit-rows.ts';
import { machinesSection } from './machines-section.ts';
import { workspacesSection } from './workspaces-section.ts';
import { svgBars } from './svg-bars.ts';
import type { Bar, BarGroup } from './svg-bars.ts';
import { against, faster, timeBar } from './time-bar.ts';
import { count, duration, gibibytes, quantity, times } from './units.ts';
import { warmAnswers } from './warm-answers.ts';
import { ratio } from '../measure/series.ts';
import type { Series } from '../measure/series.ts';

/** One page that needs nothing else: no script, no font, no image, no network. */
export function htmlReport(report: BenchReport): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>dewar bench, ${report.started_at.slice(0, 10)}</title>
        <style>
          ${REPORT_STYLE}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>dewar bench</h1>
            <p>
              ${report.started_at.slice(0, 16).replace('T', ' ')} UTC, dewar ${report.dewar}, ${report.rounds}
              rounds. ${verdict(report)}
            </p>
          </header>
          ${budgetSection(report)} ${report.sizes.length > 0 ? ratioSection(report) : []}
          ${report.sizes.map(sizeSection)}
          ${report.machines === undefined ? [] : machinesSection(report.machines)}
          ${report.workspaces === undefined ? [] : workspacesSection(report.workspaces)}
          ${report.caches === undefined ? [] : cachesSection(report.caches)} ${machineSection(report)}
        </main>
      </body>
    </html> `;
  return page.source;
}

function verdict(report: BenchReport): Html {
  const answers = warmAnswers(report).length;
  if (answers === 0) return html``;
  return report.equal
    ? html`<strong class="pass"
        >All ${answers} warm answers are equal to the cold ones, byte for byte.</strong
      >`
    : html`<strong class="fail">Some warm answers differ from the cold ones.</strong>`;
}

function budgetSection(report: BenchReport): Html {
  const rows = budgets(report).map(
    (budget) =>
      html`<tr>
        <td>${budget.what}</td>
        <td class="number">${budget.targets === undefined ? '' : count(budget.targets)}</td>
        <td class="number">${quantity(budget.value, budget.unit)}</td>
        <td class="number">&le; ${quantity(budget.limit, budget.unit)}</td>
        <td>${meter(budget)}</td>
        <td class="${budget.verdict.replace(' ', '-')}">${budget.verdict}</td>
      </tr>`,
  );
  return html`<section>
    <h2>Budgets</h2>
    <p class="hint">
      Ratios of medians, both sides measured in turn in one run. The line in each bar is the budget. Budgets
      for large graphs are judged from 100,000 targets on.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>what</th>
            <th class="number">targets</th>
            <th class="number">measured</th>
            <th class="number">budget</th>
            <th></th>
            <th></th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** A small bar on a scale of twice the budget. */
function meter(budget: BudgetResult): Html {
  const share = Math.min(1, budget.value / budget.limit / 2) * 120;
  return html`<svg
    class="meter ${budget.verdict.replace(' ', '-')}"
    viewBox="0 0 120 16"
    width="120"
    height="16"
    aria-hidden="true"
  >
    <rect class="track" y="3" width="120" height="10" rx="2" />
    <rect y="3" width="${share.toFixed(1)}" height="10" rx="2" />
    <line x1="60" x2="60" y1="0" y2="16" />
  </svg>`;
}

function ratioSection(report: BenchReport): Html {
  const bars = report.sizes.map((size): Bar => {
    const value = ratio(size.generate_hashes, size.bare_query);
    return { label: `${count(size.targets)} targets`, tone: 'ours', value, runs: [], caption: times(value) };
  });
  return html`<section>
    <h2>generate-hashes against the bare query, warm server</h2>
    ${svgBars('Ratio of generate-hashes to the bare query for each size', [{ bars }], { value: 1.25, label: 'budget 1.25x' })}
  </section>`;
}

function sizeSection(size: SizeReport): Html {
  const { spec } = size;
  const memory = [
    ['generate-hashes', size.generate_hashes_peak_mib],
    ['get-impacted-targets', size.get_impacted_targets_peak_mib],
  ] as const;
  const peaks = memory.flatMap(([name, mib]) =>
    mib === undefined ? [] : [`${name} ${Math.round(mib)} MiB`],
  );
  return html`<section>
    <h2>${count(size.targets)} targets</h2>
    <p class="hint">
      ${count(spec.packages)} packages in ${spec.layers} layers, seed ${spec.seed}.
      ${peaks.length > 0 ? `Peak memory: ${peaks.join(', ')}.` : ''}
    </p>
    <h3>The engine, warm server</h3>
    ${svgBars(`Times on a warm server at ${size.targets} targets`, [
      {
        bars: [
          timeBar('bazel query > /dev/null', 'base', size.bare_query),
          timeBar(
            'dewar bazel generate-hashes',
            'ours',
            size.generate_hashes,
            against(size.generate_hashes, size.bare_query),
          ),
          timeBar('dewar bazel get-impacted-targets', 'other', size.get_impacted_targets),
        ],
      },
    ])}
    <h3>The engine, fresh server</h3>
    ${svgBars(`Times on a fresh server at ${size.targets} targets`, [
      {
        bars: [
          timeBar('bazel query > /dev/null', 'base', size.cold_query),
          timeBar(
            'dewar bazel generate-hashes',
            'ours',
            size.cold_generate_hashes,
            against(size.cold_generate_hashes, size.cold_query),
          ),
          timeBar('dewar record', 'other', size.record),
        ],
      },
    ])}
    <h3>consume without the whole graph, against the query of all of it</h3>
    ${svgBars(`Times of the graph and partial tiers at ${size.targets} targets`, tierGroups(size))}
    <h3>consume against a cold run, one commit of each kind</h3>
    ${svgBars(
      `Times of consume and of a cold run at ${size.targets} targets`,
      size.commits.map((commit) => ({
        title: `${commit.kind}: ${count(commit.impacted)} impacted, tier ${commit.tier}`,
        bars: [
          timeBar('dewar consume', 'ours', commit.consume, faster(commit.consume, commit.cold)),
          timeBar('cold', 'base', commit.cold),
        ],
      })),
    )}
    ${commitRows(size.commits)}
  </section>`;
}

function tierGroups({ tiers, bare_query, cold_query }: SizeReport): BarGroup[] {
  const warm = { label: 'bazel query > /dev/null, warm', times: bare_query };
  const fresh = { label: 'bazel query > /dev/null, fresh server', times: cold_query };
  return [
    tierGroup('graph tier, ten source files', tiers.graph, warm),
    tierGroup('partial tier, one BUILD file', tiers.partial, warm),
    tierGroup('partial tier, one BUILD file, fresh server', tiers.partial_cold_server, fresh),
  ];
}

function tierGroup(
  title: string,
  { consume, index }: TierReport,
  query: { label: string; times: Series },
): BarGroup {
  return {
    title,
    bars: [
      timeBar('dewar consume', 'ours', consume, against(consume, query.times)),
      timeBar('of which the graph index', 'other', index),
      timeBar(query.label, 'base', query.times),
    ],
  };
}

function machineSection({ machine, startup }: BenchReport): Html {
  const facts: [string, string][] = [
    ['CPU', `${machine.cpu}, ${machine.cores} cores`],
    ['Memory', gibibytes(machine.memory_bytes)],
    ['Kernel', machine.kernel],
    ['Node', machine.node],
    ['Bazel', machine.bazel],
    ['git', machine.git],
    [
      'CLI start',
      `dewar --help ${duration(startup.dewar_help.median)}, node -e 0 ${duration(startup.node.median)}`,
    ],
  ];
  return html`<section>
    <h2>Machine</h2>
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
  </section>`;
}
