import { Html, html } from '../../core/html.ts';
import { describeChange, moduleWords } from './describe-change.ts';
import type { ImpactGraph } from './impact-graph.ts';
import { IMPACT_PAGE_SCRIPT } from './impact-page-script.ts';
import { IMPACT_PAGE_STYLE } from './impact-page-style.ts';
import { ringLayout } from './ring-layout.ts';

/** Of one target's changes; the rest is only counted. */
const MOST_CHANGES = 40;

/**
 * @returns one page that needs nothing else: it opens from a file, and its policy forbids all network use. Every name
 *   reaches it as JSON data, never as markup.
 */
export function impactHtml(graph: ImpactGraph): string {
  const cut = graph.impacted - graph.targets.length;
  const title = `Impact of ${graph.target_sha.slice(0, 12)}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${IMPACT_PAGE_STYLE}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p>
            ${graph.impacted} impacted targets since <code>${graph.base_sha.slice(0, 12)}</code>. Those shown
            are in ${graph.packages.length} packages. ${moduleNotes(graph)}${partialNote(graph)}
          </p>
          ${cutNote(graph, cut)}
        </header>
        <noscript
          ><p class="warning">This page draws with a script; its data is JSON in the source.</p></noscript
        >
        <main>
          <aside id="side">
            <label for="search">Search targets</label>
            <input id="search" type="search" autocomplete="off" spellcheck="false" />
            <div id="results" aria-live="polite"></div>
            <section id="details" aria-live="polite"></section>
            <section>
              <h2>Packages</h2>
              <p>
                <button type="button" id="expand">expand all</button>
                <button type="button" id="collapse">collapse all</button>
              </p>
              <ul id="packages"></ul>
            </section>
          </aside>
          <div id="stage">
            <canvas
              id="canvas"
              tabindex="0"
              aria-label="Rings of targets by distance from the changes"
            ></canvas>
            <p id="hint">
              <button type="button" id="fit">fit</button> Centre: what changed. Each ring is one dependency
              further. Drag to move, wheel to zoom, click for the chain.
            </p>
            <p id="tip" hidden></p>
          </div>
        </main>
        <script type="application/json" id="data">
          ${new Html(safeJson(pageData(graph)))}
        </script>
        <script>
          ${IMPACT_PAGE_SCRIPT};
        </script>
      </body>
    </html> `;
  return page.source;
}

function moduleNotes({ modules }: ImpactGraph): string {
  return modules.length === 0 ? '' : `Changed modules: ${modules.map(moduleWords).join(', ')}. `;
}

function partialNote({ partial }: ImpactGraph): Html {
  return partial
    ? html`<strong>The graph has errors, which Bazel passed over: targets may be missing.</strong>`
    : html``;
}

function cutNote({ targets }: ImpactGraph, cut: number): Html {
  if (cut <= 0) return html``;
  return html`<p class="warning">
    Shown are the ${targets.length} nearest; ${cut} farther targets are left out (--limit shows more, and
    --format json has all).
  </p>`;
}

function pageData(graph: ImpactGraph): object {
  const layout = ringLayout(graph);
  const numbers = new Map(graph.targets.map(({ label }, index) => [label, index]));
  const packages = new Map(graph.packages.map(({ name }, index) => [name, index]));
  const numberOf = (label: string | null): number => (label === null ? -1 : (numbers.get(label) ?? -1));
  return {
    packages: graph.packages.map(({ name, targets }) => [name, targets]),
    targets: graph.targets.map((target, index) => ({
      l: target.label,
      t: target.type,
      p: packages.get(target.package) ?? 0,
      d: target.distance,
      v: numberOf(target.via),
      i: target.dependencies.map(numberOf).filter((number) => number !== -1),
      x: layout.places[index]?.x ?? 0,
      y: layout.places[index]?.y ?? 0,
      ...(target.changes === null ? {} : { c: changeWords(target.changes.map(describeChange)) }),
      ...(target.location === null ? {} : { a: target.location }),
    })),
    rings: layout.rings,
    bubbles: layout.bubbles,
    radius: layout.radius,
  };
}

function changeWords(words: readonly string[]): readonly string[] {
  if (words.length <= MOST_CHANGES) return words;
  return [...words.slice(0, MOST_CHANGES), `and ${words.length - MOST_CHANGES} more`];
}

/** @returns JSON that ends no script element and opens no comment, and that is the same after parsing */
function safeJson(data: object): string {
  return JSON.stringify(data)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);
}
