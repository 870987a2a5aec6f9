import { expect, test } from 'vitest';
import { loadEngine } from '../../src/builtins.ts';
import { readGraphIndex } from '../../src/bazel/graph/graph-index.ts';
import { loadersIn } from '../../src/bazel/graph/known-loads.ts';
import { bazel } from '../support/bazel.ts';
import { treeCommits } from '../support/edit-script/commit-tree.ts';
import { allEdits, randomEdit } from '../support/edit-script/edits.ts';
import { firstTree } from '../support/edit-script/first-tree.ts';
import { seededRandom } from '../support/edit-script/random.ts';
import { oracleServer } from '../support/edit-script/warm-oracle.ts';
import type { Known } from '../support/edit-script/warm-oracle.ts';
import { temporaryDirectory, testRepository } from '../support/git-repository.ts';
import { namespaceMachine } from '../support/namespace-machine.ts';

const SEEDS = [11, 12, 13];
const EDITS_OF_EACH = 5;

test('the index of a graph made in a machine (a mount namespace stands in for it) is that of one made here', async () => {
  await using repository = await testRepository();
  await using here = await temporaryDirectory();
  await using there = await temporaryDirectory();
  await using machine = await namespaceMachine(there.path);
  await repository.commit({}, 'empty');
  const context = { emit: () => undefined };
  const settings = { engine: await loadEngine(), program: bazel(), context };
  await using local = await oracleServer(repository, here.path, settings);
  await using guest = await oracleServer(repository, there.path, { ...settings, machine });
  const [localOracle, guestOracle] = [local.oracle([]), guest.oracle([])];
  const commits = treeCommits(repository);
  const { submodule: _, ...edits } = allEdits({ url: '', commits: [] });
  let compared = 0;
  for (const seed of SEEDS) {
    const random = seededRandom(seed);
    const tree = firstTree(random);
    for (let step = 0; step <= EDITS_OF_EACH; step++) {
      const what = step === 0 ? undefined : randomEdit(edits, tree, random, step);
      const commit = await commits.commit(tree, JSON.stringify(what ?? seed));
      const [a, b] = [await localOracle.hash(commit), await guestOracle.hash(commit)];
      if (typeof a === 'string' || typeof b === 'string') {
        expect(typeof b, `${seed} ${JSON.stringify(what)}: ${JSON.stringify([a, b])}`).toBe(typeof a);
        continue;
      }
      expect(b.whyNoIndex?.replaceAll(machine.root, here.path), JSON.stringify(what)).toBe(a.whyNoIndex);
      expect(await contentOf(b), JSON.stringify(what)).toEqual(await contentOf(a));
      expect(await guestOracle.hashesFile(b)).toBe(await localOracle.hashesFile(a));
      if (a.index !== undefined) compared++;
    }
  }
  // Else nothing was shown.
  expect(compared).toBeGreaterThan(SEEDS.length);
});

/** What an index says, in an order of its own: Bazel prints targets in any. */
async function contentOf({ index, commit }: Known): Promise<unknown> {
  if (index === undefined) return undefined;
  using opened = await readGraphIndex(index, { commit, fingerprint: '' });
  const { facts, graph, moduleGraphJson } = opened;
  const loads = opened.loads();
  const loaders = loadersIn(loads);
  const lists = Object.entries(facts).map(([name, value]) => [name, Array.isArray(value) ? value.toSorted() : value]);
  const { labels, sourceLabels } = graph.table;
  const sources = Array.from({ length: sourceLabels.length }, (_, row) => labels.text(sourceLabels.at(row)));
  return {
    facts: Object.fromEntries(lists) as unknown,
    loads: new Map(loads.files.map((path) => [path, loaders((one) => one === path).toSorted()] as const)),
    packages: loads.packages.toSorted(),
    sources: sources.toSorted(),
    moduleGraphJson,
  };
}
