import { randomBytes } from 'node:crypto';
import { DigestList, Int32List } from '../../core/columns.ts';
import { DewarError } from '../../core/errors.ts';
import { Message } from '../../core/message.ts';
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

const PIPE = 0x7c;
const UNKNOWN = -2;
const NONE = -1;
const COLON = 0x3a;

class GraphHasher {
  readonly #table: TargetTable;
  readonly #input: GraphInput;
  readonly #message = new Message();
  readonly #direct = new DigestList();
  readonly #overall = new DigestList();
  readonly #dependencies: Int32Array[] = [];
  /** By label id: the label without its configuration; UNKNOWN until asked. */
  readonly #bases = new Int32List();
  readonly #heuristics: HeuristicDigests;
  readonly #generatingRows: Int32Array;
  readonly #stackSeeds: Buffer[] = [];
  readonly #packageSeeds: Map<string, Buffer>;
  /** For the always-affected rules of this run. */
  readonly #random: Buffer = randomBytes(16);

  constructor(input: GraphInput) {
    this.#input = input;
    this.#table = input.table;
    this.#heuristics = input.heuristics;
    this.#generatingRows = new Int32Array(input.table.generatedLabels.length);
    this.#packageSeeds = this.#makePackageSeeds();
  }

  run(): GraphDigests {
    const table = this.#table;
    for (let row = 0; row < this.#generatingRows.length; row++)
      this.#generatingRows[row] = this.#generatingRow(row);
    const order = this.#dependencyOrder();
    for (let i = 0; i < order.length; i++) this.#digestRule(order[i] as number);
    const sourceDirect = new DigestList();
    for (let row = 0; row < table.sourceLabels.length; row++)
      this.#digestSource(row).digestTo(sourceDirect, row);
    return {
      ruleDirect: this.#direct,
      ruleOverall: this.#overall,
      sourceDirect,
      generatingRows: this.#generatingRows,
      dependencies: this.#dependencies,
    };
  }

  /** Rows of the rules, inputs before those that use them; iterative, for chains of any length. */
  #dependencyOrder(): Int32Array {
    const table = this.#table;
    const count = table.ruleLabels.length;
    const order = new Int32Array(count);
    let done = 0;
    // 0 not seen, 1 on the stack, 2 done
    const states = new Uint8Array(count);
    const stack: number[] = [];
    const cursors = new Int32Array(count);
    for (let root = 0; root < count; root++) {
      if (states[root] !== 0) continue;
      stack.push(root);
      states[root] = 1;
      while (stack.length > 0) {
        const row = stack.at(-1) as number;
        const inputs = table.inputsOf(row);
        let next = NONE;
        while ((cursors[row] as number) < inputs.length && next === NONE) {
          const dependency = this.#ruleOf(inputs[cursors[row] as number] as number, row);
          cursors[row] = (cursors[row] as number) + 1;
          if (dependency === NONE || states[dependency] === 2) continue;
          if (states[dependency] === 1) throw this.#cycle(stack, dependency);
          next = dependency;
        }
        if (next === NONE) {
          order[done++] = row;
          states[row] = 2;
          stack.pop();
        } else {
          states[next] = 1;
          stack.push(next);
        }
      }
    }
    return order;
  }

  /** @returns the row of the rule that an input stands for, or NONE; a rule is no input of its own */
  #ruleOf(input: number, self: number): number {
    const table = this.#table;
    const label = this.#baseOf(input);
    const kind = table.kind(label);
    if (kind !== KIND.rule && kind !== KIND.generated) return NONE;
    const row = kind === KIND.rule ? table.row(label) : (this.#generatingRows[table.row(label)] as number);
    return row === self ? NONE : row;
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
      if (rule === NONE) {
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

  #digestSource(row: number): Message {
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
    const message = new Message();
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
    for (let row = 0; row < table.ruleStacks.length; row++)
      if (table.ruleStacks.at(row) !== NO_STACK) return seeds;
    const byPackage = new Map<string, Set<number>>();
    for (let row = 0; row < table.sourceLabels.length; row++) {
      const loaded = table.subincludesOf(row);
      if (loaded.length === 0) continue;
      const key = packageKey(table.labels.bytes(table.sourceLabels.at(row)));
      const all = byPackage.get(key) ?? new Set();
      for (const label of loaded) all.add(label);
      byPackage.set(key, all);
    }
    for (const [key, loaded] of byPackage) {
      const message = new Message();
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

  #cycle(stack: readonly number[], back: number): DewarError {
    const table = this.#table;
    const rows = [...stack.slice(stack.indexOf(back)), back];
    const names = rows.map((row) => table.labels.text(table.ruleLabels.at(row)));
    const shown = names.length > 12 ? [...names.slice(0, 10), '…', names.at(-1) ?? ''] : names;
    return new DewarError({
      code: 'DEPENDENCY_CYCLE',
      message: `the rules depend on each other in a cycle: ${shown.join(' -> ')}`,
      mend: 'break the cycle; `bazel build --nobuild` on one of these targets shows the attributes that make it',
    });
  }
}

/** The text before the last `:`. */
function packageKey(label: Buffer): string {
  const colon = label.lastIndexOf(COLON);
  return label.toString('latin1', 0, colon === -1 ? label.length : colon);
}
