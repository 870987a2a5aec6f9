import { DigestList, Int32List } from '../../core/columns.ts';
import type { Sections } from '../../core/section-file.ts';
import { LabelTable } from './label-table.ts';
import { PackageGroups } from './package-groups.ts';

/** What a label stands for in the result of the query. */
export const KIND = { none: 0, rule: 1, source: 2, generated: 3 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

const INT_COLUMNS = [
  'kinds',
  'rows',
  'ruleLabels',
  'ruleInputs',
  'ruleInputEnds',
  'ruleStacks',
  'ruleAlways',
  'sourceLabels',
  'subincludes',
  'subincludeEnds',
  'generatedLabels',
  'generatingRules',
  'stackPaths',
  'stackEnds',
] as const;
type IntColumn = (typeof INT_COLUMNS)[number];

/** No instantiation stack. */
export const NO_STACK = -1;

/**
 * The targets of a query as columns. A target is a row of its kind's columns; lists are runs of a flat column that
 * end at `…Ends[row]`. Names are ids of `labels`.
 */
export class TargetTable {
  readonly labels: LabelTable;
  /** By label id. */
  readonly kinds: Int32List;
  /** By label id: the row in the columns of its kind. */
  readonly rows: Int32List;

  readonly ruleLabels: Int32List;
  /** sha256 of class, name, environment and attributes (R of the format). */
  readonly ruleDigests: DigestList;
  readonly ruleInputs: Int32List;
  readonly ruleInputEnds: Int32List;
  /** A row of `stackPaths`, or NO_STACK. */
  readonly ruleStacks: Int32List;
  /** 1 for a rule that carries an always-affected tag. */
  readonly ruleAlways: Int32List;

  readonly sourceLabels: Int32List;
  /** sha256 of the label and its subincludes (S of the format). */
  readonly sourceDigests: DigestList;
  readonly subincludes: Int32List;
  readonly subincludeEnds: Int32List;

  readonly generatedLabels: Int32List;
  /** Label ids of the generating rules. */
  readonly generatingRules: Int32List;

  /** The distinct lists of main-repo .bzl paths (ids, sorted) that instantiation stacks pass through. */
  readonly stackPaths: Int32List;
  readonly stackEnds: Int32List;
  readonly #stackIndex: Map<string, number> = new Map();

  /** Only those that were asked for. */
  readonly groups: PackageGroups;

  /** Frames that have no row: environment groups, and package groups unless they are asked for. */
  dropped = 0;
  /** Source files whose package had errors: other targets of it may be missing. */
  inBrokenPackages = 0;
  repeated = 0;

  /** @param saved what `toSections` gave; it becomes the table's own */
  constructor(saved?: Sections) {
    const ints = (name: IntColumn): Int32List => new Int32List(saved?.get(name));
    this.labels = new LabelTable(saved);
    this.kinds = ints('kinds');
    this.rows = ints('rows');
    this.ruleLabels = ints('ruleLabels');
    this.ruleDigests = new DigestList(saved?.get('ruleDigests'));
    this.ruleInputs = ints('ruleInputs');
    this.ruleInputEnds = ints('ruleInputEnds');
    this.ruleStacks = ints('ruleStacks');
    this.ruleAlways = ints('ruleAlways');
    this.sourceLabels = ints('sourceLabels');
    this.sourceDigests = new DigestList(saved?.get('sourceDigests'));
    this.subincludes = ints('subincludes');
    this.subincludeEnds = ints('subincludeEnds');
    this.generatedLabels = ints('generatedLabels');
    this.generatingRules = ints('generatingRules');
    this.stackPaths = ints('stackPaths');
    this.stackEnds = ints('stackEnds');
    this.groups = new PackageGroups(saved);
    for (let stack = 0; stack < this.stackEnds.length; stack++)
      this.#stackIndex.set(this.pathsOf(stack).join(), stack);
  }

  /** @returns the table as runs of bytes, valid until it changes */
  toSections(): [string, Uint8Array][] {
    return [
      ...this.labels.toSections(),
      ...INT_COLUMNS.map((name): [string, Uint8Array] => [name, this[name].toBytes()]),
      ['ruleDigests', this.ruleDigests.toBytes()],
      ['sourceDigests', this.sourceDigests.toBytes()],
      ...this.groups.toSections(),
    ];
  }

  /** Makes room for more targets: what of the columns lies in a file is read. */
  makeRoom(): void {
    this.labels.makeRoom();
    for (const name of INT_COLUMNS) this[name].makeRoom();
    this.ruleDigests.makeRoom();
    this.sourceDigests.makeRoom();
  }

  kind(label: number): Kind {
    return label < this.kinds.length ? (this.kinds.at(label) as Kind) : KIND.none;
  }

  row(label: number): number {
    return this.rows.at(label);
  }

  /** @returns false when the label already stands for a target: the first one counts */
  claim(label: number, kind: Kind, row: number): boolean {
    if (this.kind(label) !== KIND.none) {
      this.repeated++;
      return false;
    }
    this.kinds.set(label, kind);
    this.rows.set(label, row);
    return true;
  }

  /** A label stands for nothing any more: its row is dead, and stays where it is. */
  remove(label: number): void {
    this.kinds.set(label, KIND.none);
  }

  /** @returns false for a row whose label was removed since, or stands for another row now */
  isLive(kind: Exclude<Kind, typeof KIND.none>, row: number): boolean {
    const label = this.#labelsOf(kind).at(row);
    return this.kind(label) === kind && this.row(label) === row;
  }

  /** @returns whether Bazel printed an instantiation stack for any of the rules */
  hasStacks(): boolean {
    for (let row = 0; row < this.ruleStacks.length; row++)
      if (this.ruleStacks.at(row) !== NO_STACK && this.isLive(KIND.rule, row)) return true;
    return false;
  }

  /** @param paths ids of main-repo .bzl paths, in any order, perhaps repeated @returns the row for `ruleStacks` */
  stackOf(paths: readonly number[]): number {
    const sorted = [...new Set(paths)].toSorted((a, b) => this.labels.compare(a, b));
    const key = sorted.join();
    const known = this.#stackIndex.get(key);
    if (known !== undefined) return known;
    const stack = this.stackEnds.length;
    for (const path of sorted) this.stackPaths.push(path);
    this.stackEnds.push(this.stackPaths.length);
    this.#stackIndex.set(key, stack);
    return stack;
  }

  /** @returns the .bzl paths of a row of `ruleStacks` */
  pathsOf(stack: number): Int32Array {
    return run(this.stackPaths, this.stackEnds, stack);
  }

  inputsOf(row: number): Int32Array {
    return run(this.ruleInputs, this.ruleInputEnds, row);
  }

  subincludesOf(row: number): Int32Array {
    return run(this.subincludes, this.subincludeEnds, row);
  }

  get targetCount(): number {
    const { ruleLabels, sourceLabels, generatedLabels, groups } = this;
    return ruleLabels.length + sourceLabels.length + generatedLabels.length + groups.length;
  }

  #labelsOf(kind: Exclude<Kind, typeof KIND.none>): Int32List {
    if (kind === KIND.rule) return this.ruleLabels;
    return kind === KIND.source ? this.sourceLabels : this.generatedLabels;
  }
}

function run(items: Int32List, ends: Int32List, row: number): Int32Array {
  return items.slice(row === 0 ? 0 : ends.at(row - 1), ends.at(row));
}
