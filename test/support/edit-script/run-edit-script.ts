import { DewarError } from '../../../src/core/errors.ts';
import type { EditLab } from './edit-lab.ts';
import { allEdits, randomEdit } from './edits.ts';
import type { Edits } from './edits.ts';
import { firstTree } from './first-tree.ts';
import { seededRandom } from './random.ts';
import type { Random } from './random.ts';
import type { SnapshotTiers } from './snapshot-tiers.ts';
import { restoreTree } from './tree.ts';
import type { Tree } from './tree.ts';
import type { Known, WarmOracle } from './warm-oracle.ts';

export interface EditScriptOptions {
  seed: number;
  /** Edits whose graphs have no errors. */
  steps: number;
  /** Flags of the engine, as record and consume get them. */
  flags: readonly string[];
  /** Kinds of edits to draw from. */
  wants: (kind: string, weight: number) => boolean;
  /** False: nothing is recorded or consumed; graph indexes alone are asked, those of the base first. */
  snapshots: boolean;
  say: (line: string) => void;
}

export interface EditScriptResult {
  /** How often each tier answered, and what else happened. */
  counts: Readonly<Record<string, number>>;
  /** The first wrong answer ends the script. */
  mismatch: undefined | Mismatch;
}

export interface Mismatch {
  what: string;
  /** How many edits were made, also those that broke the graph. */
  edits: number;
  /** Lines that only one of them has. */
  expected: unknown;
  found: unknown;
  script: readonly string[];
}

const RECORD_EVERY = 25;
const COLD_EVERY = 75;
/** Earlier commits whose graph index may be asked, and how many answers of theirs a step compares. */
const WINDOW = 12;
const EARLIER_ANSWERS = 2;
const EARLIER_PLANS = 4;
const FIRST_TREES = 5;

/** Edits a random repository again and again, and compares each answer of a snapshot with that of full queries. */
export async function runEditScript(lab: EditLab, options: EditScriptOptions): Promise<EditScriptResult> {
  const script = new Script(lab, options);
  const mismatch = await script.run();
  return { counts: script.counts, mismatch };
}

interface Base {
  state: Known;
  tree: Tree;
}

class Script {
  readonly counts: Record<string, number> = {};
  readonly #options: EditScriptOptions;
  readonly #lab: EditLab;
  readonly #oracle: WarmOracle;
  readonly #tiers: SnapshotTiers;
  readonly #random: Random;
  readonly #tree: Tree = new Map();
  readonly #log: string[] = [];
  #known: Known[] = [];
  #edits = 0;

  constructor(lab: EditLab, options: EditScriptOptions) {
    this.#options = options;
    this.#lab = lab;
    this.#oracle = lab.oracle(options.flags);
    this.#tiers = lab.tiers(options.flags);
    this.#random = seededRandom(options.seed);
  }

  async run(): Promise<Mismatch | undefined> {
    const { steps, wants } = this.#options;
    const edits = allEdits(this.#lab.dependency);
    const of = (test: (kind: string) => boolean): Edits =>
      Object.fromEntries(
        Object.entries(edits).filter(([kind, [weight]]) => wants(kind, weight) && test(kind)),
      );
    const all = of(() => true);
    const contents = of((kind) => kind.startsWith('content'));

    const first = await this.#start();
    let base = await this.#record(first);
    let since = 0;
    let fromIndex = true;
    for (let step = 1, good = 0; good < steps && step < steps * 3; step++) {
      // From a commit that needed a full query, all later ones of the same base would need one too.
      if (!fromIndex && !this.#random.once(8)) {
        restoreTree(this.#tree, base.tree);
        this.#log.push('back to the base');
      }
      const before = new Map(this.#tree);
      const drawn = this.#random.once(2) && Object.keys(contents).length > 0 ? contents : all;
      const target = await this.#edit(drawn, step);
      const final = await this.#oracle.hash(target);
      const found = await this.#compare(base, target, final, good).catch((error: unknown) => ({
        mismatch: this.#mismatch(`an error: ${String(error)}`, 'none', error),
        fromIndex: true,
      }));
      if (found.mismatch !== undefined) return found.mismatch;
      if (typeof final === 'string') {
        this.#log.pop();
        restoreTree(this.#tree, before);
        continue;
      }
      good++;
      since++;
      ({ fromIndex } = found);
      this.#known = [...this.#known, final].slice(-WINDOW);
      if (since % RECORD_EVERY === 0 && this.#random.once(2) && good < steps) {
        const recorded = await this.#recordIfFreshAgrees(final, base);
        if (recorded === undefined) continue;
        base = recorded;
        since = 0;
        fromIndex = true;
      }
    }
    return undefined;
  }

  /** Random rules may contradict each other: then another tree is drawn. */
  async #start(): Promise<Known> {
    const problems: string[] = [];
    while (problems.length < FIRST_TREES) {
      restoreTree(this.#tree, firstTree(this.#random));
      const first = await this.#oracle.hash(await this.#lab.commits.commit(this.#tree, 'first'));
      if (typeof first !== 'string') return first;
      problems.push(first);
    }
    throw new Error(
      `no first commit of seed ${this.#options.seed} is without errors: ${problems.join('\n')}`,
    );
  }

  async #record(state: Known): Promise<Base> {
    if (this.#options.snapshots) await this.#tiers.record(state.commit);
    if (this.#known.length === 0) this.#known = [state];
    return { state, tree: new Map(this.#tree) };
  }

  /** With files in `external`, a new server may find errors that the oracle's, which runs, does not see. */
  async #recordIfFreshAgrees(state: Known, base: Base): Promise<Base | undefined> {
    try {
      return await this.#record(state);
    } catch (error) {
      const isExpected = error instanceof DewarError && error.code === 'PARTIAL_GRAPH';
      if (!isExpected || ![...this.#tree.keys()].some((path) => path.startsWith('external/'))) throw error;
      this.#count('not recorded: errors that only a new server sees');
      await this.#record(base.state);
      return undefined;
    }
  }

  async #edit(edits: Edits, step: number): Promise<string> {
    this.#edits++;
    this.#count('edits');
    const made = Array.from({ length: this.#random.once(4) ? 3 : 1 }, () =>
      randomEdit(edits, this.#tree, this.#random, step),
    );
    const text = made.map(({ kind, what }) => `${kind} (${what})`).join(' + ');
    const target = await this.#lab.commits.commit(this.#tree, text);
    this.#log.push(`${step}: ${text} ${target}`);
    return target;
  }

  async #compare(base: Base, target: string, final: Known | string, good: number): Promise<Found> {
    if (typeof final === 'string') return this.#compareErrors(base, target, final);
    if (final.whyNoIndex !== undefined) this.#count(`no index: ${final.whyNoIndex}`);
    return this.#options.snapshots
      ? this.#compareSnapshot(base, final, good)
      : this.#compareIndexes(base, final);
  }

  /** A graph with errors has no answer to compare with: nothing but a cold run may say anything. */
  async #compareErrors(base: Base, target: string, problems: string): Promise<Found> {
    this.#count('graph with errors');
    const states = [base.state, ...this.#known.slice(-1)].filter(({ index }) => index !== undefined);
    for (const state of states) {
      const found = await this.#oracle.fromIndex(state, target).catch(String);
      const what = `index of ${state.commit}, of a graph with errors (${problems})`;
      if (typeof found !== 'string')
        return { mismatch: this.#mismatch(what, 'none', found), fromIndex: true };
    }
    if (!this.#options.snapshots || !this.#random.once(4)) return { mismatch: undefined, fromIndex: true };
    const { report } = await this.#tiers.ask(base.state.commit, target, 'warm');
    const what = `consume, of a graph with errors (${problems})`;
    return { mismatch: this.#differ(what, null, report.tier), fromIndex: true };
  }

  async #compareSnapshot(base: Base, final: Known, good: number): Promise<Found> {
    const { commit } = final;
    const { report, impacted, notes } = await this.#tiers.ask(base.state.commit, commit, 'warm');
    const note = notes.find((text) => text.startsWith('not from the graph') || text.startsWith('no warm'));
    this.#options.say(`${this.#log.at(-1)} => ${report.tier} ${note ?? ''}`);
    this.#count(report.tier ?? `none: ${report.reason}`);
    const fromIndex = report.tier === 'graph' || report.tier === 'partial';
    let mismatch: Mismatch | undefined;
    if (impacted !== undefined) {
      const expected = await this.#oracle.impact(base.state, final);
      mismatch = this.#differ(`${report.tier} tier, base ${base.state.commit}`, expected, impacted);
    }
    if (good % COLD_EVERY === COLD_EVERY - 1) mismatch ??= await this.#compareCold(base, final);
    mismatch ??= await this.#compareEarlier(final);
    return { mismatch, fromIndex };
  }

  async #compareCold(base: Base, final: Known): Promise<Mismatch | undefined> {
    this.#count('cold, on request');
    const { impacted } = await this.#tiers.ask(base.state.commit, final.commit, 'cold');
    return this.#differ('cold tier', await this.#oracle.impact(base.state, final), impacted);
  }

  async #compareIndexes({ state }: Base, final: Known): Promise<Found> {
    const { tier, mismatch } = await this.#compareIndex(state, final);
    this.#options.say(`${this.#log.at(-1)} => ${tier ?? 'no'} index`);
    return { mismatch: mismatch ?? (await this.#compareEarlier(final)), fromIndex: tier !== undefined };
  }

  /** Asks graph indexes whose fingerprint may be another: then the classification itself must ask for a full query. */
  async #compareEarlier(final: Known): Promise<Mismatch | undefined> {
    const open = [...this.#known];
    let answers = 0;
    for (let plans = 0; plans < EARLIER_PLANS && open.length > 0 && answers < EARLIER_ANSWERS; plans++) {
      // Nearer ones more often: less has changed since.
      const at = Math.max(this.#random.number(open.length), this.#random.number(open.length));
      const [state] = open.splice(at, 1);
      if (state === undefined) break;
      const { tier, mismatch } = await this.#compareIndex(state, final);
      if (mismatch !== undefined) return mismatch;
      if (tier !== undefined) answers++;
    }
    return undefined;
  }

  async #compareIndex(
    state: Known,
    final: Known,
  ): Promise<{ tier?: 'graph' | 'partial'; mismatch?: Mismatch | undefined }> {
    const found = await this.#oracle.fromIndex(state, final.commit);
    if (typeof found === 'string') return {};
    const { tier } = found;
    this.#count(`${tier} from an index`);
    const impacted = await this.#oracle.impact(state, final);
    const expected = { tier, impacted, hashes: await this.#oracle.hashesFile(final) };
    return { tier, mismatch: this.#differ(`${tier} from the index of ${state.commit}`, expected, found) };
  }

  #differ(what: string, expected: unknown, found: unknown): Mismatch | undefined {
    const same = JSON.stringify(expected) === JSON.stringify(found);
    return same ? undefined : this.#mismatch(what, expected, found);
  }

  #mismatch(what: string, expected: unknown, found: unknown): Mismatch {
    return { what, edits: this.#edits, ...onlyOnce(expected, found), script: this.#log };
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

interface Found {
  mismatch: Mismatch | undefined;
  /** Whether later commits of the same base may be answered from its index too. */
  fromIndex: boolean;
}

/** Leaves out the lines that both have, of texts of many lines. */
function onlyOnce(expected: unknown, found: unknown): { expected: unknown; found: unknown } {
  const [a, b] = [expected, found].map((value) =>
    (JSON.stringify(value, null, 1) ?? 'undefined').replaceAll(String.raw`\n`, '\n').split('\n'),
  );
  return { expected: without(a, b), found: without(b, a) };
}

function without(lines: readonly string[] = [], others: readonly string[] = []): string[] {
  return lines.filter((line) => !others.includes(line));
}
