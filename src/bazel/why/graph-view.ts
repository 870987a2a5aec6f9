import type { DigestList } from '../../core/columns.ts';
import { digestPackageGroups } from '../hash/digest-package-groups.ts';
import type { PackageGroupDigests } from '../hash/digest-package-groups.ts';
import type { HashedGraph } from '../hash/hash-session.ts';
import { NO_DIGEST } from '../hash/heuristic-digests.ts';
import { KIND, NO_STACK } from '../hash/target-table.ts';
import type { TargetType } from '../target-type.ts';

/** A digest in one of a graph's columns. */
export interface DigestPlace {
  list: DigestList;
  row: number;
}

export type NodeType = TargetType;

const PIPE = 0x7c;
const NAMES: Readonly<Record<number, TargetType>> = {
  [KIND.rule]: 'Rule',
  [KIND.source]: 'SourceFile',
  [KIND.generated]: 'GeneratedFile',
};

/** One graph, asked by the text of labels; it may hold dead rows. */
export class GraphView {
  readonly graph: HashedGraph;
  #groups: PackageGroupDigests | undefined;
  #packages: Set<string> | undefined;
  #generated: Map<string, string[]> | undefined;
  #sourcesOf: Map<string, string[]> | undefined;

  constructor(graph: HashedGraph) {
    this.graph = graph;
  }

  /** @returns undefined for a label that is no target */
  type(label: string): NodeType | undefined {
    const { table } = this.graph;
    const id = this.#find(label);
    if (id === -1) return undefined;
    return NAMES[table.kind(id)] ?? (table.groups.rowOf(id) === undefined ? undefined : 'PackageGroup');
  }

  /** @returns label and type of every target */
  *targets(): Generator<{ label: string; type: NodeType }> {
    const { table } = this.graph;
    const columns = [
      [KIND.rule, table.ruleLabels],
      [KIND.source, table.sourceLabels],
      [KIND.generated, table.generatedLabels],
    ] as const;
    for (const [kind, labels] of columns)
      for (let row = 0; row < labels.length; row++) {
        const id = labels.at(row);
        if (table.kind(id) !== kind || table.row(id) !== row) continue;
        yield { label: table.labels.text(id), type: NAMES[kind] as TargetType };
      }
    for (let row = 0; row < table.groups.length; row++)
      yield { label: table.labels.text(table.groups.groupLabels.at(row)), type: 'PackageGroup' };
  }

  /** @returns the digests that the hashes file has of a target: overall and direct */
  digests(label: string): { overall: DigestPlace; direct: DigestPlace } | undefined {
    const { table, generatingRows, ruleDirect, ruleOverall, sourceDirect } = this.graph;
    const id = this.#find(label);
    const kind = id === -1 ? KIND.none : table.kind(id);
    if (kind === KIND.none) return this.#groupDigests(label);
    const own = table.row(id);
    if (kind === KIND.source) {
      const place = { list: sourceDirect, row: own };
      return { overall: place, direct: place };
    }
    const row = kind === KIND.rule ? own : (generatingRows[own] as number);
    return { overall: { list: ruleOverall, row }, direct: { list: ruleDirect, row } };
  }

  /** R of the format: what the rule is by itself. */
  ruleDigest(label: string): DigestPlace | undefined {
    return this.#place(label, KIND.rule, this.graph.table.ruleDigests);
  }

  /** D of the format: what a source file is. */
  sourceDigest(label: string): DigestPlace | undefined {
    return this.#place(label, KIND.source, this.graph.sources);
  }

  /** H of the format: the file of a label that is no target, if it has one. */
  heuristicDigest(label: string): DigestPlace | undefined {
    const { heuristics } = this.graph;
    const id = this.#find(label);
    if (id === -1 || !heuristics.isKnown(id)) return undefined;
    const row = heuristics.indexOf(id);
    return row === NO_DIGEST ? undefined : { list: heuristics.digests, row };
  }

  /** @returns the distinct inputs of a rule without their configurations; none for other targets */
  inputs(rule: string): string[] {
    const { table } = this.graph;
    const id = this.#find(rule);
    if (id === -1 || table.kind(id) !== KIND.rule) return [];
    const inputs = Array.from(table.inputsOf(table.row(id)), (input) => this.#baseText(input));
    return [...new Set(inputs)];
  }

  isAlwaysAffected(rule: string): boolean {
    const { table } = this.graph;
    const id = this.#find(rule);
    return id !== -1 && table.kind(id) === KIND.rule && table.ruleAlways.at(table.row(id)) === 1;
  }

  /** @returns the paths of the .bzl files that made a rule; undefined when Bazel did not say */
  stack(rule: string): string[] | undefined {
    const { table } = this.graph;
    const id = this.#find(rule);
    if (id === -1 || table.kind(id) !== KIND.rule) return undefined;
    const stack = table.ruleStacks.at(table.row(id));
    if (stack === NO_STACK) return undefined;
    return Array.from(table.pathsOf(stack), (path) => table.labels.text(path));
  }

  generatingRule(label: string): string | undefined {
    const { table, generatingRows } = this.graph;
    const id = this.#find(label);
    if (id === -1 || table.kind(id) !== KIND.generated) return undefined;
    return table.labels.text(table.ruleLabels.at(generatingRows[table.row(id)] as number));
  }

  /** @returns true when an input of a rule stands for another rule: then the hash of that rule counts, not a file's */
  standsForRule(input: string, rule: string): boolean {
    const type = this.type(input);
    if (type === 'Rule') return input !== rule;
    return type === 'GeneratedFile' && this.generatingRule(input) !== rule;
  }

  /** @returns the generated files of a rule */
  generatedFiles(rule: string): readonly string[] {
    if (this.#generated === undefined) {
      this.#generated = new Map();
      for (const { label, type } of this.targets())
        if (type === 'GeneratedFile') append(this.#generated, this.generatingRule(label) as string, label);
    }
    return this.#generated.get(rule) ?? [];
  }

  /** @returns labels of the .bzl files that a source file (a BUILD file) loads, directly or not */
  loads(source: string): string[] {
    const { table } = this.graph;
    const id = this.#find(source);
    if (id === -1 || table.kind(id) !== KIND.source) return [];
    return Array.from(table.subincludesOf(table.row(id)), (label) => table.labels.text(label));
  }

  /** @returns the same for all source files of a package */
  packageLoads(packageName: string): string[] {
    if (this.#sourcesOf === undefined) {
      this.#sourcesOf = new Map();
      for (const { label, type } of this.targets())
        if (type === 'SourceFile' && this.loads(label).length > 0)
          append(this.#sourcesOf, packageText(label), label);
    }
    const sources = this.#sourcesOf.get(packageName) ?? [];
    return [...new Set(sources.flatMap((source) => this.loads(source)))].toSorted();
  }

  includedGroups(group: string): string[] {
    const { table } = this.graph;
    const row = this.#groupRow(group);
    return row === undefined
      ? []
      : Array.from(table.groups.includesOf(row), (label) => table.labels.text(label));
  }

  hasPackage(packageName: string): boolean {
    if (this.#packages === undefined) {
      this.#packages = new Set();
      for (const { label } of this.targets()) this.#packages.add(packageText(label));
    }
    return this.#packages.has(packageName);
  }

  #groupDigests(label: string): { overall: DigestPlace; direct: DigestPlace } | undefined {
    const row = this.#groupRow(label);
    if (row === undefined) return undefined;
    const { table, seed } = this.graph;
    this.#groups ??= digestPackageGroups(table.groups, table.labels, seed);
    const { overall, direct } = this.#groups;
    return { overall: { list: overall, row }, direct: { list: direct, row } };
  }

  #groupRow(group: string): number | undefined {
    const id = this.#find(group);
    return id === -1 ? undefined : this.graph.table.groups.rowOf(id);
  }

  #place(
    label: string,
    kind: typeof KIND.rule | typeof KIND.source,
    list: DigestList,
  ): DigestPlace | undefined {
    const { table } = this.graph;
    const id = this.#find(label);
    return id !== -1 && table.kind(id) === kind ? { list, row: table.row(id) } : undefined;
  }

  #find(label: string): number {
    const bytes = Buffer.from(label, 'utf8');
    return this.graph.table.labels.find(bytes, 0, bytes.length);
  }

  #baseText(input: number): string {
    const bytes = this.graph.table.labels.bytes(input);
    const pipe = bytes.indexOf(PIPE);
    return bytes.toString('utf8', 0, pipe === -1 ? bytes.length : pipe);
  }
}

/** @returns true when both are absent or hold the same digest */
export function sameDigest(a: DigestPlace | undefined, b: DigestPlace | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.list.equals(a.row, b.list, b.row);
}

/** @returns the text before the last `:`: the package, with its repository */
export function packageText(label: string): string {
  const colon = label.lastIndexOf(':');
  return colon === -1 ? label : label.slice(0, colon);
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
