import { compareText } from '../../core/compare-text.ts';
import type { DependencyEdges, HashesDocument } from '../hashes-document.ts';
import type { TargetType } from '../target-type.ts';
import type { HashedGraph } from './hash-session.ts';
import type { TargetTable } from './target-table.ts';

export interface Selection {
  includeTargetType: boolean;
  /** Undefined: all. */
  targetTypes: ReadonlySet<TargetType> | undefined;
}

/** @returns the values of the selected targets, sorted by label */
export function toHashesDocument(graph: HashedGraph, selection: Selection): HashesDocument {
  const { table } = graph;
  const hashes = new Map<string, string>();
  for (const target of sortedTargets(table, selection)) {
    const { overall, direct } = digestsOf(graph, target);
    const prefix = selection.includeTargetType ? `${target.type}#` : '';
    hashes.set(target.name, `${prefix}${overall}~${direct}`);
  }
  return { hashes };
}

/** @returns the dependency edges of the selected targets, sorted by label; needs `keepDependencies` */
export function toDependencyEdges(graph: HashedGraph, selection: Selection): DependencyEdges {
  const { table } = graph;
  const edges = new Map<string, readonly string[]>();
  for (const { name, type, row } of sortedTargets(table, selection)) {
    if (type === 'Rule')
      edges.set(
        name,
        Array.from(graph.dependencies[row] ?? [], (label) => table.labels.text(label)),
      );
    else if (type === 'GeneratedFile') edges.set(name, [table.labels.text(table.generatingRules.at(row))]);
  }
  return edges;
}

export interface NamedTarget {
  /** Id of the label. */
  label: number;
  name: string;
  type: TargetType;
  row: number;
}

/** @returns the selected targets, sorted by label */
export function sortedTargets(table: TargetTable, { targetTypes }: Selection): NamedTarget[] {
  const targets: NamedTarget[] = [];
  const columns = [
    ['Rule', table.ruleLabels],
    ['SourceFile', table.sourceLabels],
    ['GeneratedFile', table.generatedLabels],
  ] as const;
  for (const [type, labels] of columns) {
    if (targetTypes !== undefined && !targetTypes.has(type)) continue;
    for (let row = 0; row < labels.length; row++) {
      const label = labels.at(row);
      targets.push({ label, name: table.labels.text(label), type, row });
    }
  }
  return targets.toSorted((a, b) => compareText(a.name, b.name));
}

function digestsOf(graph: HashedGraph, { type, row }: NamedTarget): { overall: string; direct: string } {
  if (type === 'SourceFile') {
    const hex = graph.sourceDirect.hex(row);
    return { overall: hex, direct: hex };
  }
  const rule = type === 'Rule' ? row : (graph.generatingRows[row] as number);
  return { overall: graph.ruleOverall.hex(rule), direct: graph.ruleDirect.hex(rule) };
}
