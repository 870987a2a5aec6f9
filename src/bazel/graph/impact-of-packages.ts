import { DewarError } from '../../core/errors.ts';
import { heuristicDigest, sourceDigest } from '../hash/file-digest.ts';
import { rehashGraph } from '../hash/graph-digests.ts';
import { HashSession } from '../hash/hash-session.ts';
import type { HashSettings, HashedGraph } from '../hash/hash-session.ts';
import { HeuristicDigests } from '../hash/heuristic-digests.ts';
import type { SourceContext } from '../hash/source-path.ts';
import { digestsOf } from '../hash/to-hashes-document.ts';
import { KIND } from '../hash/target-table.ts';
import type { TargetTable } from '../hash/target-table.ts';
import type { TargetType } from '../target-type.ts';
import type { PathChange } from './classify-changes.ts';
import type { GraphIndex } from './graph-index.ts';
import { namesOfRows } from './impact-of-contents.ts';
import type { TypedLabel } from './impact-of-contents.ts';
import { labelsOfPath } from './labels-of-path.ts';
import { targetsOfPackages } from './targets-of-packages.ts';

export interface LoadedPackages {
  /** What Bazel printed for those packages that are there: streamed_proto. */
  frames: readonly Buffer[];
  /** All paths that changed. */
  changes: readonly PathChange[];
  /** `workspacePath` is at the target commit. */
  settings: HashSettings;
}

/**
 * Takes packages out of the graph of a base commit: all that can be done before Bazel has loaded them again.
 * @param index is brought up to date
 * @param packages directories of those that are loaded again, and of those that are gone
 * @returns puts them into the graph as they are now, and hashes what that reaches; to be called once. It gives the
 *   targets that are new or differ
 * @throws DewarError MERGE_REFUSED where only a query of everything can tell; those of hashing
 */
export function impactOfPackages(
  index: GraphIndex,
  packages: readonly string[],
): (loaded: LoadedPackages) => Promise<TypedLabel[]> {
  const { table } = index.graph;
  refuseWithoutStacks(table);
  makeRoom(index.graph);
  const earlier = targetsOfPackages(table, packages);
  const before = new Map(earlier.map((label) => [label, valueOf(index.graph, label)]));
  const groupsBefore = groupValues(index.graph);
  for (const label of earlier) table.remove(label);
  removeGroups(table, packages);
  return (loaded) => merge(index, { packages, earlier, before, groupsBefore }, loaded);
}

interface RemovedPackages {
  packages: readonly string[];
  /** Ids of the labels of their targets. */
  earlier: readonly number[];
  /** By label id. */
  before: ReadonlyMap<number, string>;
  groupsBefore: ReadonlyMap<number, string>;
}

/** New targets grow the columns, each of which is then read as a whole: before they are gone through it costs least. */
function makeRoom({ table, sources, sourceDirect, ruleDirect, ruleOverall }: HashedGraph): void {
  table.makeRoom();
  for (const digests of [sources, sourceDirect, ruleDirect, ruleOverall]) digests.makeRoom();
}

async function merge(
  index: GraphIndex,
  { packages, earlier, before, groupsBefore }: RemovedPackages,
  { frames, changes, settings }: LoadedPackages,
): Promise<TypedLabel[]> {
  const { graph, reverse } = index;
  const { table } = graph;
  const first = rowCounts(table);
  using session = new HashSession(settings, graph);
  const input = session.input('query');
  for (const chunk of frames) input.push(chunk);
  input.end();
  graph.sources = await session.finishSources();
  refuseWithoutStacks(table);
  const later = targetsFrom(table, first);
  refuseStrangers(table, packages, later);

  const context: SourceContext = {
    workspacePath: settings.workspacePath,
    contentHashes: undefined,
    modifiedPaths: undefined,
    externalRoots: new Map(),
  };
  const { indexes, digests } = graph.heuristics;
  graph.heuristics = new HeuristicDigests(table.labels, (label) => heuristicDigest(label, context), {
    indexes,
    digests,
  });
  const touched = refreshFiles(graph, changes, first.sources, context);
  const changed = rehashGraph(
    {
      table,
      sources: graph.sources,
      heuristics: graph.heuristics,
      seed: settings.seed,
      keepDependencies: false,
    },
    graph,
    reverse,
    { sourceRows: touched.sourceRows, labels: [...touched.labels, ...earlier, ...later] },
  );
  const differing = later.filter((label) => before.get(label) !== valueOf(graph, label));
  const groups = [...groupValues(graph)]
    .filter(([label, value]) => groupsBefore.get(label) !== value)
    .map(([label]): TypedLabel => ({ label: table.labels.text(label), type: 'PackageGroup' }));
  return [...namesOfRows(index, changed), ...differing.map((label) => typedLabel(table, label)), ...groups];
}

interface RowCounts {
  rules: number;
  sources: number;
  generated: number;
}

function rowCounts({ ruleLabels, sourceLabels, generatedLabels }: TargetTable): RowCounts {
  return { rules: ruleLabels.length, sources: sourceLabels.length, generated: generatedLabels.length };
}

/** @returns the labels of the rows that came later */
function targetsFrom(table: TargetTable, first: RowCounts): number[] {
  const labels: number[] = [];
  for (let row = first.rules; row < table.ruleLabels.length; row++) labels.push(table.ruleLabels.at(row));
  for (let row = first.sources; row < table.sourceLabels.length; row++)
    labels.push(table.sourceLabels.at(row));
  for (let row = first.generated; row < table.generatedLabels.length; row++)
    labels.push(table.generatedLabels.at(row));
  return labels;
}

/**
 * Brings the digests of files that are known by labels of other packages up to date. A path that came or went may have
 * been, or be now, a directory further up.
 */
function refreshFiles(
  { table, sources, heuristics }: HashedGraph,
  changes: readonly PathChange[],
  newSources: number,
  context: SourceContext,
): { sourceRows: number[]; labels: number[] } {
  const paths = new Set<string>();
  for (const { path, status } of changes) {
    paths.add(path);
    if (status === 'modified') continue;
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      paths.add(path.slice(0, at));
  }
  const sourceRows: number[] = [];
  const labels: number[] = [];
  for (const path of paths)
    for (const label of labelsOfPath(table.labels, path)) {
      if (table.kind(label) === KIND.source) {
        const row = table.row(label);
        if (row >= newSources) continue;
        const text = table.labels.text(label);
        const suffix = Buffer.concat([table.sourceDigests.at(row), table.labels.bytes(label)]);
        sources.set(row, sourceDigest(text, suffix, context));
        sourceRows.push(row);
      } else if (heuristics.isKnown(label)) {
        heuristics.forget(label);
        labels.push(label);
      }
    }
  return { sourceRows, labels };
}

/**
 * A Bazel that prints no instantiation stacks leaves the .bzl files of a package to the digests of its targets, in a way
 * that depends on whether any rule at all has a stack.
 */
function refuseWithoutStacks(table: TargetTable): void {
  if (!table.hasStacks()) throw refused('this Bazel does not say which .bzl files made a rule');
}

/** Bazel prints nothing but what was asked for; were it otherwise, the rest of the index could not be trusted. */
function refuseStrangers(table: TargetTable, packages: readonly string[], labels: readonly number[]): void {
  if (table.inBrokenPackages > 0) throw refused('a package has errors');
  const asked = new Set(packages.map((name) => `//${name}`));
  for (const label of labels) {
    const text = table.labels.text(label);
    if (!asked.has(packageOf(text))) throw refused(`Bazel printed ${text}, which it was not asked for`);
  }
}

const TYPES: Readonly<Record<number, TargetType>> = {
  [KIND.rule]: 'Rule',
  [KIND.source]: 'SourceFile',
  [KIND.generated]: 'GeneratedFile',
};

function typedLabel(table: TargetTable, label: number): TypedLabel {
  return { label: table.labels.text(label), type: TYPES[table.kind(label)] as TargetType };
}

/** As in a hashes file with target types. */
function valueOf(
  { table, sourceDirect, ruleDirect, ruleOverall, generatingRows }: HashedGraph,
  label: number,
): string {
  const kind = table.kind(label);
  const row = table.row(label);
  if (kind === KIND.source) return `SourceFile#${sourceDirect.hex(row)}`;
  const rule = kind === KIND.rule ? row : (generatingRows[row] as number);
  return `${TYPES[kind]}#${ruleOverall.hex(rule)}~${ruleDirect.hex(rule)}`;
}

function removeGroups({ groups, labels }: TargetTable, packages: readonly string[]): void {
  if (groups.length === 0) return;
  const gone = new Set(packages.map((name) => `//${name}`));
  groups.remove((label) => gone.has(packageOf(labels.text(label))));
}

/** @returns by label id; a group includes those of other packages */
function groupValues(graph: HashedGraph): Map<number, string> {
  const { groups } = graph.table;
  if (groups.length === 0) return new Map();
  const { overall, direct, rowOf } = digestsOf(graph).PackageGroup;
  return new Map(
    Array.from({ length: groups.length }, (_, row) => [
      groups.groupLabels.at(row),
      `${overall.hex(rowOf(row))}~${direct.hex(rowOf(row))}`,
    ]),
  );
}

function packageOf(label: string): string {
  return label.slice(0, label.indexOf(':'));
}

function refused(why: string): DewarError {
  return new DewarError({
    code: 'MERGE_REFUSED',
    message: `the packages cannot be put into the graph of the base commit: ${why}`,
    mend: 'query the whole graph',
  });
}
