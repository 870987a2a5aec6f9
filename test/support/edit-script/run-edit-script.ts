import { loadEngine } from '../../../src/builtins.ts';
import { bazel } from '../bazel.ts';
import { temporaryDirectory, testRepository } from '../git-repository.ts';
import { EDITS, randomEdit } from './edits.ts';
import { firstTree } from './first-tree.ts';
import { seededRandom } from './random.ts';
import { snapshotTiers } from './snapshot-tiers.ts';
import { writeTree } from './tree.ts';
import type { Tree } from './tree.ts';
import { warmOracle } from './warm-oracle.ts';
import type { Known } from './warm-oracle.ts';

export interface EditScriptOptions {
  seed: number;
  steps: number;
  /** Flags of the engine, as record and consume get them. */
  flags: readonly string[];
  /** Kinds of edits to leave out. */
  without: readonly string[];
  say: (line: string) => void;
}

export interface EditScriptResult {
  /** How often each tier answered, and what else happened. */
  counts: Readonly<Record<string, number>>;
  /** The first wrong answer ends the script. */
  mismatch: undefined | { what: string; expected: unknown; found: unknown; script: readonly string[] };
}

const RECORD_EVERY = 10;
const COLD_EVERY = 20;
/** Earlier commits whose graph index is asked too. */
const WINDOW = 12;

/** Edits a random repository again and again, and compares each answer of a snapshot with that of full queries. */
export async function runEditScript({
  seed,
  steps,
  flags,
  without,
  say,
}: EditScriptOptions): Promise<EditScriptResult> {
  const random = seededRandom(seed);
  const engine = await loadEngine();
  const program = bazel();
  const { signal } = new AbortController();
  await using directory = await temporaryDirectory();
  await using repository = await testRepository();
  const commit = async (message: string): Promise<string> => {
    await writeTree(repository.path, tree);
    return repository.commit({}, message);
  };
  const tree = firstTree(random);
  let head = await commit('first');
  const setup = { engine, program, flags, signal, context: { emit: () => undefined, signal } };
  await using tiers = await snapshotTiers(repository.path, directory.path, setup);
  await using oracle = await warmOracle(repository, directory.path, setup);
  const first = await oracle.hash(head);
  if (typeof first === 'string') throw new Error(`the first commit of seed ${seed}: ${first}`);
  const fingerprint = await tiers.record(head);

  let base: { state: Known; tree: Tree } = { state: first, tree: new Map(tree) };
  const known = [{ state: base.state, fingerprint }];
  const allKinds = Object.keys(EDITS).filter((kind) => !without.includes(kind));
  const contentKinds = allKinds.filter((kind) => kind.startsWith('content'));
  const script: string[] = [];
  const counts: Record<string, number> = {};
  const add = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const goBack = async (saved: Tree, to: string): Promise<void> => {
    tree.clear();
    for (const [path, entry] of saved) tree.set(path, entry);
    await repository.git('reset', '--quiet', '--hard', to);
    head = to;
  };
  const differ = (what: string, expected: unknown, found: unknown): EditScriptResult | undefined =>
    JSON.stringify(expected) === JSON.stringify(found)
      ? undefined
      : {
          counts,
          mismatch: { what: `${what}, base ${base.state.commit}`, ...onlyOnce(expected, found), script },
        };

  let since = 0;
  let fromGraph = true;
  for (let step = 1; step <= steps; step++) {
    // From a commit that needed a query, all later ones of the same base would need one too.
    if (!fromGraph && since > 0 && !random.once(3)) {
      await goBack(base.tree, base.state.commit);
      script.push('back to the base');
    }
    const before = new Map(tree);
    const kinds = random.once(2) ? contentKinds : allKinds;
    const edits = Array.from({ length: random.once(4) ? 3 : 1 }, () => randomEdit(tree, random, step, kinds));
    const edit = edits.map(({ kind, what }) => `${kind} (${what})`).join(' + ');
    const target = await commit(edit);
    script.push(`${step}: ${edit} ${target}`);
    const final = await oracle.hash(target);
    const { report, impacted, notes } = await tiers.ask(base.state.commit, target, 'warm');
    const note = notes.find((text) => text.startsWith('not from the graph') || text.startsWith('no warm'));
    say(`${step}: ${edit} => ${report.tier} ${note ?? ''}`);
    if (typeof final === 'string') {
      // A graph with errors has no answer to compare with: nothing but a cold run may say anything.
      const wrong = differ('a graph with errors', null, report.tier);
      if (wrong !== undefined) return wrong;
      add('graph with errors');
      script.pop();
      await goBack(before, head);
      continue;
    }
    head = target;
    since++;
    fromGraph = report.tier === 'graph' || report.tier === 'partial';
    add(report.tier ?? `none: ${report.reason}`);
    if (impacted !== undefined) {
      const wrong = differ(`${report.tier} tier`, await oracle.impact(base.state, final), impacted);
      if (wrong !== undefined) return wrong;
    }
    if (step % COLD_EVERY === 0) {
      const cold = await tiers.ask(base.state.commit, target, 'cold');
      const wrong = differ('cold tier', await oracle.impact(base.state, final), cold.impacted);
      if (wrong !== undefined) return wrong;
      add('cold, on request');
    }
    for (const { state } of known.slice(-WINDOW).filter((one) => one.fingerprint === report.fingerprint)) {
      const found = await oracle.fromIndex(state, target);
      if ('why' in found) continue;
      const expected = {
        impacted: await oracle.impact(state, final),
        hashes: await oracle.hashesFile(final),
      };
      const wrong = differ(`index of ${state.commit}`, expected, found);
      if (wrong !== undefined) return wrong;
      add('index of an earlier commit');
    }
    known.push({ state: final, fingerprint: report.fingerprint });
    if (final.index === undefined) add('commit without an index');
    if (since >= RECORD_EVERY || report.tier === null) {
      await tiers.record(target);
      base = { state: final, tree: new Map(tree) };
      since = 0;
      fromGraph = true;
    }
  }
  return { counts, mismatch: undefined };
}

/** Leaves out the lines that both have, of texts of many lines. */
function onlyOnce(expected: unknown, found: unknown): { expected: unknown; found: unknown } {
  const [a, b] = [expected, found].map((value) =>
    JSON.stringify(value, null, 1)
      .replaceAll(String.raw`\n`, '\n')
      .split('\n'),
  );
  const without = (lines: readonly string[] = [], others: readonly string[] = []): string[] =>
    lines.filter((line) => !others.includes(line));
  return { expected: without(a, b), found: without(b, a) };
}
