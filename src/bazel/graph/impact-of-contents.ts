import { contentDigest } from '../hash/file-digest.ts';
import { rehashGraph } from '../hash/graph-digests.ts';
import type { ChangedRows } from '../hash/graph-digests.ts';
import { KIND } from '../hash/target-table.ts';
import type { TargetType } from '../target-type.ts';
import type { GraphIndex } from './graph-index.ts';
import { labelsOfPath } from './labels-of-path.ts';

/** A regular file of the workspace whose bytes changed. */
export interface ChangedContent {
  /** Relative to the workspace. */
  path: string;
  content: Uint8Array;
  executable: boolean;
}

export interface TypedLabel {
  label: string;
  type: TargetType;
}

/**
 * The targets that changed contents impact, when nothing else of the graph changed.
 * @param index is brought up to date
 */
export function impactOfContents(index: GraphIndex, contents: readonly ChangedContent[]): TypedLabel[] {
  const { graph, reverse } = index;
  const { table, sources, heuristics, seed } = graph;
  const sourceRows: number[] = [];
  const labels: number[] = [];
  for (const { path, content, executable } of contents)
    for (const label of labelsOfPath(table.labels, path)) {
      const bytes = table.labels.bytes(label);
      if (table.kind(label) === KIND.source) {
        const row = table.row(label);
        const suffix = Buffer.concat([table.sourceDigests.at(row), bytes]);
        sources.set(row, contentDigest(content, executable, suffix));
        sourceRows.push(row);
      } else if (heuristics.isKnown(label)) {
        heuristics.set(label, contentDigest(content, executable, bytes));
        labels.push(label);
      }
    }
  const input = { table, sources, heuristics, seed, keepDependencies: false };
  const changed = rehashGraph(input, graph, reverse, { sourceRows, labels });
  return namesOfRows(index, changed);
}

/** @returns the labels of changed rows, and of what changed rules generate */
export function namesOfRows({ graph }: GraphIndex, { sources, rules }: ChangedRows): TypedLabel[] {
  const { table, generatingRows } = graph;
  const changed = new Uint8Array(table.ruleLabels.length);
  for (const row of rules) changed[row] = 1;
  const named: TypedLabel[] = [];
  for (const row of sources)
    named.push({ label: table.labels.text(table.sourceLabels.at(row)), type: 'SourceFile' });
  for (const row of rules) named.push({ label: table.labels.text(table.ruleLabels.at(row)), type: 'Rule' });
  for (const [row, rule] of generatingRows.entries())
    if (changed[rule] === 1 && table.isLive(KIND.generated, row))
      named.push({ label: table.labels.text(table.generatedLabels.at(row)), type: 'GeneratedFile' });
  return named;
}
