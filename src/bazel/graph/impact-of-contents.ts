import { contentDigest } from '../hash/file-digest.ts';
import { rehashGraph } from '../hash/graph-digests.ts';
import type { ChangedRows } from '../hash/graph-digests.ts';
import { KIND } from '../hash/target-table.ts';
import type { TargetTable } from '../hash/target-table.ts';
import type { TargetType } from '../target-type.ts';
import type { GraphIndex } from './graph-index.ts';

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
  const { graph, facts, reverse } = index;
  const { table, sources, heuristics } = graph;
  const sourceRows: number[] = [];
  const labels: number[] = [];
  for (const { path, content, executable } of contents)
    for (const label of labelsOf(table, path)) {
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
  const input = { table, sources, heuristics, seed: Buffer.from(facts.seed, 'hex'), keepDependencies: false };
  const changed = rehashGraph(input, graph, reverse, { sourceRows, labels });
  return namesOf(index, changed);
}

/** @returns the ids of the labels of the main repository that may mean a path: any part of it may be the package */
function labelsOf({ labels }: TargetTable, path: string): number[] {
  const spellings = new Set([path, Buffer.from(path, 'utf8').toString('latin1')]);
  const found: number[] = [];
  for (const spelling of spellings) {
    const ends = [0, ...[...spelling.matchAll(/\//g)].map(({ index }) => index)];
    for (const prefix of ['//', '@//', '@@//'])
      for (const end of ends) {
        const name = spelling.slice(end === 0 ? 0 : end + 1);
        const bytes = Buffer.from(`${prefix}${spelling.slice(0, end)}:${name}`, 'utf8');
        const label = labels.find(bytes, 0, bytes.length);
        if (label !== -1) found.push(label);
      }
  }
  return found;
}

function namesOf({ graph }: GraphIndex, { sources, rules }: ChangedRows): TypedLabel[] {
  const { table, generatingRows } = graph;
  const changed = new Uint8Array(table.ruleLabels.length);
  for (const row of rules) changed[row] = 1;
  const named: TypedLabel[] = [];
  for (const row of sources)
    named.push({ label: table.labels.text(table.sourceLabels.at(row)), type: 'SourceFile' });
  for (const row of rules) named.push({ label: table.labels.text(table.ruleLabels.at(row)), type: 'Rule' });
  for (const [row, rule] of generatingRows.entries())
    if (changed[rule] === 1)
      named.push({ label: table.labels.text(table.generatedLabels.at(row)), type: 'GeneratedFile' });
  return named;
}
