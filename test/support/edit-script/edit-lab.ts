import { loadEngine } from '../../../src/builtins.ts';
import { bazel } from '../bazel.ts';
import { temporaryDirectory, testRepository } from '../git-repository.ts';
import type { TestRepository } from '../git-repository.ts';
import { treeCommits } from './commit-tree.ts';
import type { TreeCommits } from './commit-tree.ts';
import type { Submodule } from './edit-links.ts';
import { snapshotTiers } from './snapshot-tiers.ts';
import type { SnapshotTiers } from './snapshot-tiers.ts';
import { oracleServer } from './warm-oracle.ts';
import type { WarmOracle } from './warm-oracle.ts';

/** One repository, one oracle's server and one store, in which many scripts can run: starting Bazel takes long. */
export interface EditLab extends AsyncDisposable {
  commits: TreeCommits;
  /** What a submodule can be at. */
  dependency: Submodule;
  oracle(flags: readonly string[]): WarmOracle;
  tiers(flags: readonly string[]): SnapshotTiers;
}

export async function editLab(): Promise<EditLab> {
  const engine = await loadEngine();
  const program = bazel();
  const { signal } = new AbortController();
  const opened: AsyncDisposable[] = [];
  const use = <T extends AsyncDisposable>(resource: T): T => {
    opened.unshift(resource);
    return resource;
  };
  const close = async (): Promise<void> => {
    for (const resource of opened) await resource[Symbol.asyncDispose]();
  };
  try {
    const directory = use(await temporaryDirectory());
    const repository = use(await testRepository());
    const dependency = await makeDependency(use(await testRepository('dependency')));
    await repository.commit({}, 'empty');
    const context = { emit: () => undefined, signal };
    const server = use(await oracleServer(repository, directory.path, { engine, program, context }));
    const tiers = use(await snapshotTiers(repository.path, directory.path, { engine, program, signal }));
    return {
      commits: treeCommits(repository),
      dependency,
      oracle: (flags) => server.oracle(flags),
      tiers: (flags) => tiers.with(flags),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeDependency(repository: TestRepository): Promise<Submodule> {
  const commits: string[] = [];
  for (const text of ['1', '2', '3'])
    commits.push(await repository.commit({ 'x.txt': text, [`${text}.txt`]: text }));
  return { url: repository.path, commits };
}
