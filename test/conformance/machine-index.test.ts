import { expect, test } from 'vitest';
import { loadEngine } from '../../src/builtins.ts';
import { readGraphIndex } from '../../src/bazel/graph/graph-index.ts';
import { loadersIn } from '../../src/bazel/graph/known-loads.ts';
import { compareText } from '../../src/core/compare-text.ts';
import { bazel } from '../support/bazel.ts';
import { treeCommits } from '../support/edit-script/commit-tree.ts';
import { allEdits, randomEdit } from '../support/edit-script/edits.ts';
import { firstTree } from '../support/edit-script/first-tree.ts';
import { seededRandom } from '../support/edit-script/random.ts';
import { oracleServer } from '../support/edit-script/warm-oracle.ts';
import type { Known, WarmOracle } from '../support/edit-script/warm-oracle.ts';
import { temporaryDirectory, testRepository } from '../support/git-repository.ts';
import { namespaceMachine } from '../support/namespace-machine.ts';

/** Flags by seed. */
const SCRIPTS: readonly (readonly [seed: number, flags: readonly string[]])[] = [
  [11, []],
  [12, ['--fineGrainedHashExternalRepos=@lr,@nl']],
  [13, ['--includeTargetType', '--fineGrainedHashExternalRepos=@gen,@lm']],
];
const EDITS_OF_EACH = 5;

test('the index of a graph made in a machine (a mount namespace stands in for it) is that of one made here', async () => {
  await using repository = await testRepository();
  await using localDirectory = await temporaryDirectory();
  await using guestDirectory = await temporaryDirectory();
  await using machine = await namespaceMachine(guestDirectory.path);
  await repository.commit({}, 'empty');
  const context = { emit: () => undefined };
  const settings = { engine: await loadEngine(), program: bazel(), context };
  await using local = await oracleServer(repository, localDirectory.path, settings);
  await using guest = await oracleServer(repository, guestDirectory.path, { ...settings, machine });
  const commits = treeCommits(repository);
  const { submodule: _, ...edits } = allEdits({ url: '', commits: [] });
  let compared = 0;
  for (const [seed, flags] of SCRIPTS) {
    const oracles = [local.oracle(flags), guest.oracle(flags)] as const;
    const random = seededRandom(seed);
    const tree = firstTree(random);
    for (let step = 0; step <= EDITS_OF_EACH; step++) {
      const edit = step === 0 ? undefined : randomEdit(edits, tree, random, step);
      const commit = await commits.commit(tree, JSON.stringify(edit ?? seed));
      const [here, there] = [await oracles[0].hash(commit), await oracles[1].hash(commit)];
      const expected = await outcomeOf(here, oracles[0]);
      expect({ seed, edit, ...(await outcomeOf(there, oracles[1])) }).toEqual({ seed, edit, ...expected });
      if (expected.index !== undefined) compared++;
    }
  }
  // Else nothing was shown.
  expect(compared).toBeGreaterThan(SCRIPTS.length);
});

interface Outcome {
  index?: unknown;
  whyNoIndex?: string | undefined;
  hashes?: string;
}

/** A graph with errors has none. */
async function outcomeOf(known: Known | string, oracle: WarmOracle): Promise<Outcome> {
  if (typeof known === 'string') return {};
  const { whyNoIndex } = known;
  return { index: await contentOf(known), whyNoIndex, hashes: await oracle.hashesFile(known) };
}

/** What an index says, in an order of its own: Bazel prints targets in any. */
async function contentOf({ index, commit }: Known): Promise<unknown> {
  if (index === undefined) return undefined;
  using opened = await readGraphIndex(index, { commit, fingerprint: '' });
  const { facts, graph, moduleGraphJson } = opened;
  const loads = opened.loads();
  const loaders = loadersIn(loads);
  const lists = Object.entries(facts).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.toSorted(compareText) : value,
  ]);
  const { labels, sourceLabels } = graph.table;
  const sources = Array.from({ length: sourceLabels.length }, (_, row) => labels.text(sourceLabels.at(row)));
  return {
    facts: Object.fromEntries(lists) as unknown,
    loads: new Map(
      loads.files.map((path) => [path, loaders((one) => one === path).toSorted(compareText)] as const),
    ),
    packages: loads.packages.toSorted(compareText),
    sources: sources.toSorted(compareText),
    moduleGraphJson,
  };
}

test('no index is made where something else than Bazel wrote into the work tree of a machine', async () => {
  await using repository = await testRepository();
  await using directory = await temporaryDirectory();
  await using machine = await namespaceMachine(directory.path);
  const commit = await repository.commit({
    '.gitignore': '*.log\n',
    'MODULE.bazel': 'writes = use_repo_rule("//:rule.bzl", "writes")\nwrites(name = "writes")\n',
    'rule.bzl': [
      'def _impl(ctx):',
      '    ctx.execute(["sh", "-c", "echo x >$0/ignored.log", str(ctx.workspace_root)])',
      '    ctx.file("BUILD", "")',
      '    ctx.file("defs.bzl", "X = 1")',
      'writes = repository_rule(_impl)\n',
    ].join('\n'),
    BUILD: 'load("@writes//:defs.bzl", "X")\nfilegroup(name = "a")\n',
  });
  const settings = { engine: await loadEngine(), program: bazel(), context: { emit: () => undefined } };
  await using server = await oracleServer(repository, directory.path, { ...settings, machine });
  expect(await server.oracle([]).hash(commit)).toMatchObject({
    index: undefined,
    whyNoIndex: 'ignored.log was written in the machine while Bazel made the graph',
  });
});
