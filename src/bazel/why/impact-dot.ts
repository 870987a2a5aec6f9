import { describeChange } from './describe-change.ts';
import type { ImpactGraph, ImpactedTarget } from './impact-graph.ts';

const SHAPES = { Rule: 'box', SourceFile: 'note', GeneratedFile: 'component', PackageGroup: 'folder' };

/**
 * @returns the graph in the language of Graphviz: a cluster for each package, arrows from what changed to what it
 *   impacts, bold along the shortest ways; targets that changed themselves are filled and say what in their tooltip
 */
export function impactDot(graph: ImpactGraph): string {
  const ids = new Map(graph.targets.map(({ label }, index) => [label, `n${index}`]));
  const cut = graph.impacted - graph.targets.length;
  const title = [
    `impact of ${graph.target_sha.slice(0, 12)} since ${graph.base_sha.slice(0, 12)}: ${graph.impacted} targets`,
    ...(cut > 0 ? [`the nearest ${graph.targets.length} are shown, ${cut} are left out`] : []),
    ...(graph.partial ? ['the graph has errors: targets may be missing'] : []),
  ].join('; ');
  const lines = [
    'digraph impact {',
    '  rankdir=LR;',
    `  label=${quoted(title)};`,
    '  labelloc=t;',
    '  node [fontname="sans-serif", fontsize=10];',
    ...clusters(graph, ids),
    ...graph.targets.flatMap((target) => edges(target, ids)),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function clusters(graph: ImpactGraph, ids: ReadonlyMap<string, string>): string[] {
  const members = new Map<string, ImpactedTarget[]>(graph.packages.map(({ name }) => [name, []]));
  for (const target of graph.targets) members.get(target.package)?.push(target);
  return [...members].flatMap(([name, targets], index) => [
    `  subgraph cluster_${index} {`,
    `    label=${quoted(name)};`,
    '    color=gray;',
    ...targets.map((target) => `    ${ids.get(target.label) ?? ''} [${attributes(target)}];`),
    '  }',
  ]);
}

function attributes(target: ImpactedTarget): string {
  const name = target.label.slice(target.package.length) || target.label;
  const tooltip = [
    target.label,
    `distance ${target.distance}`,
    ...(target.changes ?? []).map(describeChange),
  ].join('\n');
  const fill = target.changes === null ? [] : ['style=filled', 'fillcolor="#ffd8a8"'];
  return [
    `label=${quoted(name)}`,
    `tooltip=${quoted(tooltip)}`,
    `shape=${SHAPES[target.type]}`,
    ...fill,
  ].join(', ');
}

function edges(target: ImpactedTarget, ids: ReadonlyMap<string, string>): string[] {
  const own = ids.get(target.label) ?? '';
  const from = new Set([...(target.via === null ? [] : [target.via]), ...target.dependencies]);
  return [...from].flatMap((label) => {
    const id = ids.get(label);
    if (id === undefined) return [];
    return [`  ${id} -> ${own}${label === target.via ? ' [style=bold]' : ''};`];
  });
}

/** Labels of Graphviz know backslash escapes and HTML entities; a zero byte would end them. */
function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('&', '&amp;')
    .replaceAll(/\r\n|[\r\n]/g, String.raw`\n`)
    .replaceAll('\0', '\u2400');
  return `"${escaped}"`;
}
