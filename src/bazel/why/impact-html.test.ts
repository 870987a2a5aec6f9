import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { impactDot } from './impact-dot.ts';
import type { ImpactGraph, ImpactedTarget } from './impact-graph.ts';
import { impactHtml } from './impact-html.ts';
import { ringLayout } from './ring-layout.ts';

const ODD = [
  '//a:</script><img src=x onerror=alert(1)>',
  '//a:<!--<script>"\'&amp;\\',
  '//ü\u2028:\n\r\t',
  '//b:c',
];

function target(label: string, more: Partial<ImpactedTarget> = {}): ImpactedTarget {
  return {
    label,
    type: 'Rule',
    package: label.slice(0, label.lastIndexOf(':')),
    distance: 0,
    via: null,
    dependencies: [],
    changes: [{ kind: 'attribute', name: 'cmd', before: '</script>', after: '"<b>' }],
    location: null,
    ...more,
  };
}

function graph(targets: readonly ImpactedTarget[], impacted = targets.length): ImpactGraph {
  const names = [...new Set(targets.map(({ package: name }) => name))].toSorted();
  return {
    base_sha: 'a'.repeat(40),
    target_sha: 'b'.repeat(40),
    partial: false,
    impacted,
    modules: [],
    packages: names.map((name) => ({
      name,
      targets: targets.filter(({ package: own }) => own === name).length,
    })),
    targets,
  };
}

const ODD_GRAPH = graph([
  ...ODD.map((label) => target(label)),
  target('//b:user', { distance: 1, via: '//b:c', dependencies: ['//b:c'], changes: null }),
]);

/** The two script elements as a browser would cut them out: each ends at the first `</script`. */
function scripts(page: string): string[] {
  return [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script/gi)].map(([, body = '']) => body);
}

test('names that look like markup are data and nothing else', () => {
  const page = impactHtml(ODD_GRAPH);
  const [data = '', code = '', ...more] = scripts(page);
  expect(more).toEqual([]);
  const parsed = JSON.parse(data) as { targets: { l: string; v: number; i: number[]; c?: string[] }[] };
  expect(parsed.targets.map(({ l }) => l)).toEqual([...ODD, '//b:user']);
  expect(parsed.targets.at(-1)).toMatchObject({ v: 3, i: [3] });
  expect(parsed.targets[0]?.c).toEqual(['attribute cmd: "</script>" -> "\\"<b>"']);
  expect(page).not.toContain('<img');
  expect(() => new Script(code)).not.toThrow();
});

test('the page asks for nothing: no address, and a policy against it', () => {
  const whole = impactHtml(ODD_GRAPH);
  const page = whole.replace(scripts(whole)[0] ?? '', '');
  expect(page).not.toMatch(/https?:|(src|href)\s*=|@import|url\(/i);
  expect(page).toContain("default-src 'none'");
});

test('what is cut is said, and only then', () => {
  expect(impactHtml(ODD_GRAPH)).not.toContain('farther targets');
  const cut = graph(ODD_GRAPH.targets, 61_234);
  expect(impactHtml(cut).replaceAll(/\s+/g, ' ')).toContain(
    'Shown are the 5 nearest; 61229 farther targets are left out',
  );
  expect(impactDot(cut)).toContain('the nearest 5 are shown, 61229 are left out');
});

test('DOT: one node a target, strings that Graphviz reads as they are', () => {
  const dot = impactDot(ODD_GRAPH);
  expect(dot.match(/^ {4}n\d+ \[/gm)).toHaveLength(5);
  expect(dot).toContain(String.raw`label=":<!--<script>\"'&amp;amp;\\"`);
  expect(dot).toContain('n3 -> n4 [style=bold];');
  // Outside of strings there is nothing of a name.
  const bare = dot.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  expect(bare).not.toMatch(/script|img|[\\&<]/);
});

test('5,000 targets do not lie on one another, and each package is one bubble a ring', () => {
  const many = graph(
    Array.from({ length: 5000 }, (_, index) =>
      target(`//p${index % 61}:t${index}`, { distance: Math.floor(index / 700) }),
    ).toSorted((a, b) => a.distance - b.distance),
  );
  const layout = ringLayout(many);
  const seen = new Set(layout.places.map(({ x, y }) => `${Math.round(x / 4)}/${Math.round(y / 4)}`));
  expect(seen.size).toBeGreaterThan(4900);
  expect(layout.bubbles.reduce((sum, { targets }) => sum + targets, 0)).toBe(5000);
  expect(layout.bubbles).toHaveLength(61 * 8);
  const radii = layout.rings.map(({ inner, outer }) => [inner, outer]).flat();
  expect(radii).toEqual(radii.toSorted((a, b) => a - b));
  expect(impactHtml(many).length).toBeLessThan(2_000_000);
});
