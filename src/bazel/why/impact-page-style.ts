import { Html } from '../../core/html.ts';

/** Light and dark as the reader's system has it. */
export const IMPACT_PAGE_STYLE: Html = new Html(`
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1d2733; --soft: #5b6876; --line: #d6dce3; --panel: #f5f7f9; --accent: #0b62c4;
  --ring: #e3e8ee; --way: #b9c3cf; --chain: #d9480f; --warning: #8a5300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #e4e9ee; --soft: #9aa7b4; --line: #333d48; --panel: #1b2128; --accent: #6cb2ff;
    --ring: #262e37; --way: #3c4854; --chain: #ff9a5c; --warning: #ffc46b;
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, sans-serif; }
header { padding: 10px 16px; border-bottom: 1px solid var(--line); }
h1 { font-size: 17px; margin: 0; }
h2 { font-size: 14px; margin: 14px 0 4px; }
header p { margin: 2px 0 0; color: var(--soft); }
.warning { color: var(--warning); font-weight: 600; padding: 0 16px; }
header .warning { padding: 0; color: var(--warning); }
main { flex: 1; min-height: 0; display: flex; }
aside { width: 380px; max-width: 45vw; overflow: auto; padding: 12px 16px; border-right: 1px solid var(--line);
  background: var(--panel); }
aside label { font-weight: 600; }
input { width: 100%; padding: 6px 8px; margin-top: 4px; font: inherit; color: inherit; background: var(--paper);
  border: 1px solid var(--line); border-radius: 4px; }
button { font: inherit; color: var(--accent); background: none; border: 1px solid var(--line); border-radius: 4px;
  padding: 1px 8px; cursor: pointer; }
button.link { border: 0; padding: 1px 0; text-align: left; overflow-wrap: anywhere; white-space: pre-wrap; }
button:focus-visible, canvas:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: -1px; }
ul, ol { margin: 4px 0; padding-left: 18px; }
#packages { list-style: none; padding: 0; }
#packages button[aria-pressed='true']::before { content: '\\25be  '; }
#packages button[aria-pressed='false']::before { content: '\\25b8  '; }
.count { color: var(--soft); }
#details .label { font-weight: 600; overflow-wrap: anywhere; white-space: pre-wrap; }
#details ul.changes { color: var(--chain); overflow-wrap: anywhere; white-space: pre-wrap; }
#results:not(:empty) { max-height: 40vh; overflow: auto; border-bottom: 1px solid var(--line); }
#results button { display: block; width: 100%; }
#stage { flex: 1; min-width: 0; position: relative; overflow: hidden; }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; cursor: grab; touch-action: none; }
#hint { position: absolute; left: 12px; bottom: 8px; margin: 0; padding: 2px 8px 2px 0; color: var(--soft);
  background: var(--paper); border-radius: 4px; }
#tip { position: absolute; margin: 0; padding: 3px 8px; max-width: 60ch; overflow-wrap: anywhere; pointer-events: none;
  background: var(--ink); color: var(--paper); border-radius: 4px; }
`);
