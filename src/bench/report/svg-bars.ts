import { html } from '../../core/html.ts';
import type { Html } from '../../core/html.ts';

export interface Bar {
  label: string;
  /** Which colour: `ours`, what it is held against, or another of ours. */
  tone: 'ours' | 'base' | 'other';
  value: number;
  /** Each run; drawn as dots over the bar. */
  runs: readonly number[];
  /** Written after the bar. */
  caption: string;
}

export interface BarGroup {
  /** Absent: the bars of this group carry their own labels only. */
  title?: string;
  bars: readonly Bar[];
}

export interface Limit {
  value: number;
  label: string;
}

const WIDTH = 860;
const LABEL_WIDTH = 270;
const CAPTION_WIDTH = 180;
const BAR = 18;
const STEP = 26;
const TITLE = 24;
const GAP = 14;

/** Horizontal bars from zero on one linear scale, with an optional vertical line at a limit. */
export function svgBars(description: string, groups: readonly BarGroup[], limit?: Limit): Html {
  const values = groups.flatMap(({ bars }) => bars.flatMap(({ value, runs }) => [value, ...runs]));
  const top = Math.max(...values, limit?.value ?? 0, Number.MIN_VALUE);
  const x = (value: number): number => LABEL_WIDTH + (value / top) * (WIDTH - LABEL_WIDTH - CAPTION_WIDTH);
  const parts: Html[] = [];
  let y = limit === undefined ? 4 : TITLE;
  for (const group of groups) {
    if (group.title !== undefined) {
      parts.push(html`<text class="group" x="0" y="${y + 13}">${group.title}</text>`);
      y += TITLE;
    }
    for (const bar of group.bars) {
      parts.push(barAt(bar, y, x, limit?.value ?? 0));
      y += STEP;
    }
    y += GAP;
  }
  const height = y - GAP + 4;
  if (limit !== undefined) parts.push(limitLine(limit, x(limit.value), height));
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}">${parts}</svg>`;
}

/** @param clear value that the caption stays right of */
function barAt(bar: Bar, y: number, x: (value: number) => number, clear: number): Html {
  const middle = y + BAR / 2;
  const end = Math.max(x(bar.value), x(clear), ...bar.runs.map(x));
  const dots = bar.runs.map((run) => html`<circle cx="${round(x(run))}" cy="${middle}" r="2.5" />`);
  return html`<g class="${bar.tone}"
    ><text class="label" x="${LABEL_WIDTH - 12}" y="${middle + 4.5}">${bar.label}</text
    ><rect
      x="${LABEL_WIDTH}"
      y="${y}"
      width="${round(Math.max(1.5, x(bar.value) - LABEL_WIDTH))}"
      height="${BAR}"
      rx="3"
    />${bar.runs.length > 1 ? dots : []}<text class="caption" x="${round(end + 10)}" y="${middle + 4.5}"
      >${bar.caption}</text
    ></g
  >`;
}

function limitLine(limit: Limit, at: number, height: number): Html {
  return html`<g class="limit"
    ><line x1="${round(at)}" x2="${round(at)}" y1="${TITLE - 4}" y2="${height}" /><text
      x="${round(at)}"
      y="13"
      text-anchor="middle"
      >${limit.label}</text
    ></g
  >`;
}

function round(value: number): string {
  return value.toFixed(1);
}
