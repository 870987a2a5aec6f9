import { compareText } from '../../core/compare-text.ts';
import type { DigestList } from '../../core/columns.ts';
import type { DependencyEdges, HashesDocument } from '../hashes-document.ts';
import type { TargetType } from '../target-type.ts';
import { digestPackageGroups } from './digest-package-groups.ts';
import type { HashedGraph } from './hash-session.ts';
import { KIND } from './target-table.ts';
import type { TargetTable } from './target-table.ts';

export interface Selection {
  includeTargetType: boolean;
  /** Undefined: all. */
  targetTypes: ReadonlySet<TargetType> | undefined;
}

/** @returns the values of the selected targets, sorted by label */
export function toHashesDocument(graph: HashedGraph, selection: Selection): HashesDocument {
  const hashes = new Map<string, string>();
  const digests = digestsOf(graph);
  for (const { name, type, row } of sortedTargets(graph.table, selection)) {
    const { overall, direct, rowOf } = digests[type];
    const prefix = selection.includeTargetType ? `${type}#` : '';
    hashes.set(name, `${prefix}${overall.hex(rowOf(row))}~${direct.hex(rowOf(row))}`);
  }
  return { hashes };
}

/** @returns the dependency edges of the selected targets, sorted by label; needs `keepDependencies` */
export function toDependencyEdges(graph: HashedGraph, selection: Selection): DependencyEdges {
  const { table } = graph;
  const { labels, groups } = table;
  const edges = new Map<string, readonly string[]>();
  for (const { name, type, row } of sortedTargets(table, selection)) {
    if (type === 'Rule')
      edges.set(
        name,
        Array.from(graph.dependencies[row] ?? [], (label) => labels.text(label)),
      );
    else if (type === 'GeneratedFile') edges.set(name, [labels.text(table.generatingRules.at(row))]);
    else if (type === 'PackageGroup')
      edges.set(
        name,
        [...groups.includesOf(row)]
          .filter((label) => groups.rowOf(label) !== undefined)
          .map((label) => labels.text(label)),
      );
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
    ['Rule', KIND.rule, table.ruleLabels],
    ['SourceFile', KIND.source, table.sourceLabels],
    ['GeneratedFile', KIND.generated, table.generatedLabels],
    ['PackageGroup', undefined, table.groups.groupLabels],
  ] as const;
  for (const [type, kind, labels] of columns) {
    if (targetTypes !== undefined && !targetTypes.has(type)) continue;
    for (let row = 0; row < labels.length; row++) {
      if (kind !== undefined && !table.isLive(kind, row)) continue;
      const label = labels.at(row);
      targets.push({ label, name: table.labels.text(label), type, row });
    }
  }
  return targets.toSorted((a, b) => compareText(a.name, b.name));
}

const same = (row: number): number => row;

export interface DigestsOfType {
  overall: DigestList;
  direct: DigestList;
  /** Row of the digests by row of the target. */
  rowOf: (row: number) => number;
}

/** @returns where the digests of each type of targets stand */
export function digestsOf(graph: HashedGraph): Record<TargetType, DigestsOfType> {
  const { table, ruleOverall: overall, ruleDirect: direct, sourceDirect, generatingRows } = graph;
  const groups = digestPackageGroups(table.groups, table.labels, graph.seed);
  return {
    Rule: { overall, direct, rowOf: same },
    GeneratedFile: { overall, direct, rowOf: (row) => generatingRows[row] as number },
    SourceFile: { overall: sourceDirect, direct: sourceDirect, rowOf: same },
    PackageGroup: { ...groups, rowOf: same },
  };
}
