import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadEngine } from '../../../src/builtins.ts';
import { bazel } from '../bazel.ts';
import { temporaryDirectory, testRepository } from '../git-repository.ts';
import type { TestRepository } from '../git-repository.ts';
import { namespaceMachine } from '../namespace-machine.ts';
import { treeCommits } from './commit-tree.ts';
import type { TreeCommits } from './commit-tree.ts';
import type { Submodule } from './edit-links.ts';
import { snapshotTiers } from './snapshot-tiers.ts';
import type { SnapshotTiers } from './snapshot-tiers.ts';
import { ORACLE_SERVER, oracleServer } from './warm-oracle.ts';
import type { WarmOracle } from './warm-oracle.ts';

/** One repository, one oracle's server and one store, in which many scripts can run: starting Bazel takes long. */
export interface EditLab extends AsyncDisposable {
  commits: TreeCommits;
  /** What a submodule can be at. */
  dependency: Submodule;
  oracle(flags: readonly string[]): WarmOracle;
  tiers(flags: readonly string[]): SnapshotTiers;
}

/**
 * @param keep a directory in which the oracle's server is found and left running; without one it is ended
 * @param inMachine the oracle's Bazel runs in what stands in for a machine
 */
export async function editLab(keep?: string, inMachine = false): Promise<EditLab> {
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
    const directory = keep === undefined ? use(await temporaryDirectory()) : await keptDirectory(keep);
    const repository = use(await testRepository());
    const dependency = await makeDependency(use(await testRepository('dependency')));
    await repository.commit({}, 'empty');
    const context = { emit: () => undefined, signal };
    const machine = inMachine ? use(await namespaceMachine(directory.path)) : undefined;
    const server = await oracleServer(repository, directory.path, { engine, program, context, machine });
    if (keep === undefined) use(server);
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

async function keptDirectory(path: string): Promise<{ path: string }> {
  await mkdir(path, { recursive: true });
  for (const name of await readdir(path))
    if (name !== ORACLE_SERVER) await rm(join(path, name), { recursive: true });
  return { path };
}

async function makeDependency(repository: TestRepository): Promise<Submodule> {
  const commits: string[] = [];
  for (const text of ['1', '2', '3'])
    commits.push(await repository.commit({ 'x.txt': text, [`${text}.txt`]: text }));
  return { url: repository.path, commits };
}
