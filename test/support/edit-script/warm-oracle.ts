import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { openRepository } from '../../../src/platform/git-repository.ts';
import type { Repository } from '../../../src/platform/git-repository.ts';
import { diffCommits } from '../../../src/platform/git-diff.ts';
import { listTree, readBlobs } from '../../../src/platform/git-objects.ts';
import type {
  EngineContext,
  EngineRun,
  GraphEngine,
  Hashes,
  IndexIdentity,
} from '../../../src/snapshot/engine.ts';
import { passedEnvironment } from '../../../src/snapshot/passed-environment.ts';
import { GIT_TEST_ENV } from '../git-repository.ts';
import type { TestRepository } from '../git-repository.ts';
import { readLines } from './read-lines.ts';

export interface Known {
  commit: string;
  /** As read back from the file that generate-hashes writes. */
  hashes: Hashes;
  /** Path of a graph index made on the oracle's server; undefined with the reason why there is none. */
  index: string | undefined;
}

/**
 * What generate-hashes and get-impacted-targets say, by full queries on one server that lives long, in a work tree of
 * its own that is exactly the commit.
 */
export interface WarmOracle extends AsyncDisposable {
  repository: Repository;
  /** @returns a text for a commit whose graph has errors */
  hash(commit: string): Promise<Known | string>;
  /** Impacted targets between a commit and the one that was hashed last; sorted. */
  impact(starting: Known, final: Known): Promise<string[]>;
  /** The text of the hashes file. */
  hashesFile(known: Known): Promise<string>;
  /** Both from the graph index of `starting`; a text says why it cannot. */
  fromIndex(
    starting: Known,
    target: string,
  ): Promise<{ impacted: string[]; hashes: string } | { why: string }>;
}

export async function warmOracle(
  { path, git }: TestRepository,
  directory: string,
  {
    engine,
    program,
    flags,
    context,
  }: { engine: GraphEngine; program: string; flags: readonly string[]; context: EngineContext },
): Promise<WarmOracle> {
  const workspacePath = join(directory, 'oracle-tree');
  const out = join(directory, 'oracle-out');
  await git('worktree', 'add', '--quiet', '--detach', workspacePath);
  const repository = await openRepository(path, { env: GIT_TEST_ENV });
  const env = passedEnvironment(GIT_TEST_ENV, engine.passedEnvironment, []);
  const parsed = engine.parseFlags(flags);
  const serverRoot = join(directory, 'oracle-server');
  const run: EngineRun = {
    workspacePath,
    contentPath: workspacePath,
    contentCache: join(serverRoot, 'digests'),
    serverRoot,
    program,
    flags: parsed,
    env,
    serverIdleSeconds: 600,
  };
  const identityOf = (commit: string): IndexIdentity => ({ commit, fingerprint: '' });
  const gitThere = (...args: string[]): Promise<unknown> =>
    execa('git', args, { cwd: workspacePath, env: GIT_TEST_ENV, extendEnv: false });
  return {
    repository,
    async hash(commit) {
      await gitThere('checkout', '--quiet', '--force', '--detach', commit);
      await gitThere('clean', '-ffdxq');
      try {
        const { hashes, partial, problems } = await engine.hash(run, context);
        if (partial) return problems.join('; ');
        const file = join(directory, `hashes-${commit}`);
        await hashes.write(file);
        const index = join(directory, `index-${commit}`);
        const tree = await listTree(repository, commit);
        const input = { hashes, tree, attributes: '', path: index, identity: identityOf(commit) };
        const why = await engine.writeIndex(run, input, context);
        return {
          commit,
          hashes: await engine.readHashes(file),
          index: why === undefined ? index : undefined,
        };
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    async impact(starting, final) {
      await engine.impact(run, { starting: starting.hashes, final: final.hashes, out }, context);
      return readLines(out);
    },
    hashesFile: ({ commit }) => readFile(join(directory, `hashes-${commit}`), 'utf8'),
    async fromIndex({ commit, index }, target) {
      if (index === undefined) return { why: 'no index' };
      const { changes } = await diffCommits(repository, commit, target);
      const read = (some: typeof changes): Promise<Uint8Array[]> =>
        readBlobs(
          repository,
          some.map(({ object }) => object ?? ''),
        );
      const plan = await engine.planOfIndex(
        { index, identity: identityOf(commit), flags: parsed, changes },
        context,
      );
      if (plan.tier === undefined) return { why: plan.why };
      const hashes = join(directory, 'oracle-index-hashes');
      const files = { impacted: out, hashes };
      if (plan.tier === 'graph') await plan.answer((some) => read([...some] as typeof changes), files);
      else await plan.answer(run, files, context);
      return { impacted: await readLines(out), hashes: await readFile(hashes, 'utf8') };
    },
    async [Symbol.asyncDispose]() {
      await engine.stopServer(serverRoot);
    },
  };
}
