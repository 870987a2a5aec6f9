import { Html } from '../../core/html.ts';

/** Readable in light and in dark; colours keep a contrast of 4.5:1 for text. */
export const REPORT_STYLE: Html = new Html(`
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --ink: #1d2126; --soft: #5c6670; --line: #dfe3e6; --track: #e9ecee;
  --ours: #1f7a8c; --base: #a9b4bd; --other: #7d8fb3; --dot: #0b2b33; --pass: #1a7f47; --fail: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e6e9eb; --soft: #9aa5af; --line: #2c3339; --track: #242a2f;
    --ours: #3fb3c9; --base: #5b6771; --other: #7f93c4; --dot: #eafaff; --pass: #4cc38a; --fail: #ff8a80;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 940px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { margin: 0; font-size: 30px; letter-spacing: -0.01em; }
h2 { margin: 48px 0 8px; padding-top: 20px; border-top: 1px solid var(--line); font-size: 21px; }
h3 { margin: 28px 0 8px; font-size: 15px; }
p { margin: 6px 0 14px; }
.hint { color: var(--soft); font-size: 14px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
td:first-child { white-space: normal; }
th { color: var(--soft); font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.pass, .met { color: var(--pass); } .fail, .missed { color: var(--fail); font-weight: 600; } .not-judged { color: var(--soft); }
svg { display: block; width: 100%; height: auto; margin: 4px 0 20px; font: 13px system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg .label { text-anchor: end; fill: var(--soft); }
svg .group { font-weight: 600; }
svg .caption { font-variant-numeric: tabular-nums; }
.ours rect { fill: var(--ours); } .base rect { fill: var(--base); } .other rect { fill: var(--other); }
circle { fill: var(--dot); fill-opacity: 0.45; }
.limit line { stroke: var(--fail); stroke-width: 1.5; stroke-dasharray: 4 3; } .limit text { fill: var(--fail); font-size: 12px; }
svg.meter { width: 120px; margin: 0; }
.meter rect { fill: var(--soft); } .meter.met rect { fill: var(--pass); } .meter.missed rect { fill: var(--fail); }
.meter rect.track { fill: var(--track); } .meter line { stroke: var(--ink); stroke-width: 1.5; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; }
`);
