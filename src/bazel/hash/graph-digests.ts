import { randomBytes } from 'node:crypto';
import { DIGEST_BYTES, DigestList, Int32List } from '../../core/columns.ts';
import { DewarError } from '../../core/errors.ts';
import { ByteBuilder } from '../../core/byte-builder.ts';
import { usersOf } from '../graph/reverse-edges.ts';
import type { ReverseEdges } from '../graph/reverse-edges.ts';
import { NO_RULE, dependencyOrder } from './dependency-order.ts';
import { NO_DIGEST } from './heuristic-digests.ts';
import type { HeuristicDigests } from './heuristic-digests.ts';
import { KIND, NO_STACK } from './target-table.ts';
import type { TargetTable } from './target-table.ts';

export interface GraphInput {
  table: TargetTable;
  /** D of each source file, by row. */
  sources: DigestList;
  heuristics: HeuristicDigests;
  /** sha256 over the seed files. */
  seed: Uint8Array;
  /** Keep the rule inputs of each rule, for dependency edges. */
  keepDependencies: boolean;
}

/** Direct and overall digests, by row of their kind. A generated file has those of its rule. */
export interface GraphDigests {
  ruleDirect: DigestList;
  ruleOverall: DigestList;
  sourceDirect: DigestList;
  /** By row of a generated file: the row of its rule. */
  generatingRows: Int32Array;
  /** By rule row: label ids of the rule inputs; empty unless asked for. */
  dependencies: Int32Array[];
}

/**
 * Hashes every target in one pass in dependency order.
 * @throws DewarError DEPENDENCY_CYCLE, MISSING_GENERATING_RULE, SOURCE_UNREADABLE
 */
export function digestGraph(input: GraphInput): GraphDigests {
  return new GraphHasher(input).run();
}

/** What changed in a graph. Rows that came after `previous` was made are known to be new. */
export interface GraphChanges {
  /** Rows of source files; their new digests stand in `sources`. */
  sourceRows: readonly number[];
  /** Labels that are no targets, became or ceased to be one; the digests of files stand in `heuristics`. */
  labels: readonly number[];
}

export interface ChangedRows {
  sources: readonly number[];
  rules: readonly number[];
}

/**
 * Hashes what changes reach, and nothing else.
 * @param previous is brought up to date
 * @returns the older rows whose digests are others now
 * @throws DewarError DEPENDENCY_CYCLE, MISSING_GENERATING_RULE, SOURCE_UNREADABLE
 */
export function rehashGraph(
  input: GraphInput,
  previous: GraphDigests,
  reverse: ReverseEdges,
  changes: GraphChanges,
): ChangedRows {
  return new GraphHasher(input, previous).rehash(previous, reverse, changes);
}

const PIPE = 0x7c;
const UNKNOWN = -2;
const NONE = -1;
const COLON = 0x3a;

class GraphHasher {
  readonly #table: TargetTable;
  readonly #input: GraphInput;
  readonly #message = new ByteBuilder();
  readonly #direct: DigestList;
  readonly #overall: DigestList;
  readonly #sourceDirect: DigestList;
  readonly #dependencies: Int32Array[] = [];
  /** By label id: the label without its configuration; UNKNOWN until asked. */
  readonly #bases = new Int32List();
  readonly #heuristics: HeuristicDigests;
  #generatingRows: Int32Array;
  readonly #stackSeeds: Buffer[] = [];
  readonly #packageSeeds: Map<string, Buffer>;
  /** For the always-affected rules of this run. */
  readonly #random: Buffer = randomBytes(16);

  constructor(input: GraphInput, previous?: GraphDigests) {
    this.#input = input;
    this.#direct = previous?.ruleDirect ?? new DigestList();
    this.#overall = previous?.ruleOverall ?? new DigestList();
    this.#sourceDirect = previous?.sourceDirect ?? new DigestList();
    this.#table = input.table;
    this.#heuristics = input.heuristics;
    this.#generatingRows = previous?.generatingRows ?? new Int32Array(input.table.generatedLabels.length);
    this.#packageSeeds = this.#makePackageSeeds();
  }

  run(): GraphDigests {
    const table = this.#table;
    for (let row = 0; row < this.#generatingRows.length; row++)
      this.#generatingRows[row] = this.#generatingRow(row);
    for (const row of this.#order()) this.#digestRule(row);
    for (let row = 0; row < table.sourceLabels.length; row++)
      this.#digestSource(row).digestTo(this.#sourceDirect, row);
    return {
      ruleDirect: this.#direct,
      ruleOverall: this.#overall,
      sourceDirect: this.#sourceDirect,
      generatingRows: this.#generatingRows,
      dependencies: this.#dependencies,
    };
  }

  rehash(previous: GraphDigests, reverse: ReverseEdges, changes: GraphChanges): ChangedRows {
    const table = this.#table;
    const before = Buffer.alloc(DIGEST_BYTES * 2);
    const olderRules = this.#direct.length;
    const olderSources = this.#sourceDirect.length;
    previous.generatingRows = this.#growGeneratingRows();
    const sources = changes.sourceRows.filter((row) => {
      this.#sourceDirect.at(row).copy(before);
      this.#digestSource(row).digestTo(this.#sourceDirect, row);
      return before.compare(this.#sourceDirect.at(row), 0, DIGEST_BYTES, 0, DIGEST_BYTES) !== 0;
    });
    for (let row = olderSources; row < table.sourceLabels.length; row++)
      this.#digestSource(row).digestTo(this.#sourceDirect, row);
    const labels = [...changes.labels, ...changes.sourceRows.map((row) => table.sourceLabels.at(row))];
    const rules: number[] = [];
    for (const row of this.#order(this.#cone(reverse, labels, olderRules))) {
      if (row >= olderRules) {
        this.#digestRule(row);
        continue;
      }
      this.#direct.at(row).copy(before);
      this.#overall.at(row).copy(before, DIGEST_BYTES);
      this.#digestRule(row);
      if (
        !before.subarray(0, DIGEST_BYTES).equals(this.#direct.at(row)) ||
        !before.subarray(DIGEST_BYTES).equals(this.#overall.at(row))
      )
        rules.push(row);
    }
    return { sources, rules };
  }

  #growGeneratingRows(): Int32Array {
    const older = this.#generatingRows;
    const { generatedLabels } = this.#table;
    if (generatedLabels.length === older.length) return older;
    this.#generatingRows = new Int32Array(generatedLabels.length);
    this.#generatingRows.set(older);
    for (let row = older.length; row < generatedLabels.length; row++)
      this.#generatingRows[row] = this.#generatingRow(row);
    return this.#generatingRows;
  }

  /** @returns by rule row: 1 for the rules that labels reach, those that are always affected, and the new ones */
  #cone(reverse: ReverseEdges, labels: readonly number[], firstNew: number): Uint8Array {
    const table = this.#table;
    const cone = new Uint8Array(table.ruleLabels.length);
    // Chains of what each rule generates, one row after the other.
    const first = new Int32Array(cone.length).fill(NONE);
    const next = new Int32Array(this.#generatingRows.length);
    for (const [row, rule] of this.#generatingRows.entries()) {
      next[row] = first[rule] as number;
      first[rule] = row;
    }
    const open = [...labels];
    const reach = (row: number): void => {
      if (cone[row] === 1 || !table.isLive(KIND.rule, row)) return;
      cone[row] = 1;
      open.push(table.ruleLabels.at(row));
      for (let made = first[row] as number; made !== NONE; made = next[made] as number)
        open.push(table.generatedLabels.at(made));
    };
    for (let row = 0; row < cone.length; row++)
      if (row >= firstNew || table.ruleAlways.at(row) === 1) reach(row);
    for (let label = open.pop(); label !== undefined; label = open.pop())
      for (const row of usersOf(reverse, label)) reach(row);
    return cone;
  }

  #order(only?: Uint8Array): Int32Array {
    return dependencyOrder(this.#table, (input, self) => this.#ruleOf(input, self), only);
  }

  /** @returns the row of the rule that an input stands for, or NO_RULE; a rule is no input of its own */
  #ruleOf(input: number, self: number): number {
    const table = this.#table;
    const label = this.#baseOf(input);
    const kind = table.kind(label);
    if (kind !== KIND.rule && kind !== KIND.generated) return NO_RULE;
    const row = kind === KIND.rule ? table.row(label) : (this.#generatingRows[table.row(label)] as number);
    return row === self ? NO_RULE : row;
  }

  #generatingRow(generatedRow: number): number {
    const table = this.#table;
    const rule = table.generatingRules.at(generatedRow);
    if (table.kind(rule) === KIND.rule) return table.row(rule);
    const name = table.labels.text(table.generatedLabels.at(generatedRow));
    throw new DewarError({
      code: 'MISSING_GENERATING_RULE',
      message: `${name} is generated by ${table.labels.text(rule)}, which is not in the result of the query`,
      mend: 'widen the query (--cqueryExpression, --excludeTargetsQuery) so that it holds the rules of its generated files',
    });
  }

  #digestRule(row: number): void {
    const table = this.#table;
    const direct = this.#message.reset();
    table.ruleDigests.putTo(direct, row);
    direct.put(this.#input.seed);
    const bzl = this.#bzlSeed(row);
    if (bzl !== undefined) direct.put(bzl);
    if (table.ruleAlways.at(row) === 1) direct.put(this.#random);
    const inputs = table.inputsOf(row);
    const rules: number[] = [];
    const dependencies: number[] = [];
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as number;
      table.labels.putTo(direct, input);
      const label = this.#baseOf(input);
      if (table.kind(label) === KIND.source) {
        this.#input.sources.putTo(direct, table.row(label));
        continue;
      }
      const rule = this.#ruleOf(input, row);
      if (rule === NO_RULE) {
        const index = this.#heuristics.indexOf(label);
        if (index !== NO_DIGEST) this.#heuristics.putTo(direct, index);
      } else {
        rules.push(rule);
        if (this.#input.keepDependencies) dependencies.push(label);
      }
    }
    direct.digestTo(this.#direct, row);
    const overall = this.#message.reset();
    for (const rule of rules) this.#overall.putTo(overall, rule);
    this.#direct.putTo(overall, row);
    overall.digestTo(this.#overall, row);
    if (this.#input.keepDependencies) this.#dependencies[row] = Int32Array.from(dependencies);
  }

  #digestSource(row: number): ByteBuilder {
    const message = this.#message.reset();
    this.#input.sources.putTo(message, row);
    message.put(this.#input.seed);
    const packageSeed = this.#packageSeedOf(this.#table.sourceLabels.at(row));
    if (packageSeed !== undefined) message.put(packageSeed);
    return message;
  }

  #baseOf(input: number): number {
    const known = input < this.#bases.length ? this.#bases.at(input) : UNKNOWN;
    if (known !== UNKNOWN) return known;
    const bytes = this.#table.labels.bytes(input);
    const pipe = bytes.indexOf(PIPE);
    const base =
      pipe === -1 ? input : this.#table.labels.intern(Buffer.from(bytes.subarray(0, pipe)), 0, pipe);
    this.#bases.set(input, base, UNKNOWN);
    return base;
  }

  /** B of the format: the .bzl files that made a rule. */
  #bzlSeed(row: number): Buffer | undefined {
    const stack = this.#table.ruleStacks.at(row);
    if (stack === NO_STACK) return this.#packageSeedOf(this.#table.ruleLabels.at(row));
    return (this.#stackSeeds[stack] ??= this.#stackSeed(this.#table.pathsOf(stack)));
  }

  #stackSeed(paths: Int32Array): Buffer {
    const { labels } = this.#table;
    const message = new ByteBuilder();
    for (const path of paths) {
      const index = this.#heuristics.indexOf(labels.internText(`//${labels.text(path)}`));
      if (index === NO_DIGEST) continue;
      labels.putTo(message, path);
      this.#heuristics.putTo(message, index);
    }
    return message.digest();
  }

  #packageSeedOf(label: number): Buffer | undefined {
    if (this.#packageSeeds.size === 0) return undefined;
    return this.#packageSeeds.get(packageKey(this.#table.labels.bytes(label)));
  }

  /** Only a Bazel without instantiation stacks needs these: the .bzl files that a package loads. */
  #makePackageSeeds(): Map<string, Buffer> {
    const table = this.#table;
    const seeds = new Map<string, Buffer>();
    if (table.hasStacks()) return seeds;
    const byPackage = new Map<string, Set<number>>();
    for (let row = 0; row < table.sourceLabels.length; row++) {
      const loaded = table.subincludesOf(row);
      if (loaded.length === 0 || !table.isLive(KIND.source, row)) continue;
      const key = packageKey(table.labels.bytes(table.sourceLabels.at(row)));
      const all = byPackage.get(key) ?? new Set();
      for (const label of loaded) all.add(label);
      byPackage.set(key, all);
    }
    for (const [key, loaded] of byPackage) {
      const message = new ByteBuilder();
      for (const label of [...loaded].toSorted((a, b) => table.labels.compare(a, b))) {
        const index = this.#heuristics.indexOf(label);
        if (index === NO_DIGEST) continue;
        table.labels.putTo(message, label);
        this.#heuristics.putTo(message, index);
      }
      if (message.length > 0) seeds.set(key, message.digest());
    }
    return seeds;
  }
}

/** The text before the last `:`. */
function packageKey(label: Buffer): string {
  const colon = label.lastIndexOf(COLON);
  return label.toString('latin1', 0, colon === -1 ? label.length : colon);
}
