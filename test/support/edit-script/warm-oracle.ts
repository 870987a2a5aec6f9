import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { DewarError } from '../../../src/core/errors.ts';
import { openRepository } from '../../../src/platform/git-repository.ts';
import { diffCommits } from '../../../src/platform/git-diff.ts';
import type { PathChange } from '../../../src/platform/git-diff.ts';
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
import type { NamespaceMachine } from '../namespace-machine.ts';
import { readLines } from './read-lines.ts';
import { isBuild } from './tree.ts';

export interface Known {
  commit: string;
  /** As read back from the file that generate-hashes writes. */
  hashes: Hashes;
  /** Path of a graph index made on the oracle's server; undefined when there is none, for a reason. */
  index: string | undefined;
  whyNoIndex: string | undefined;
}

export interface IndexAnswer {
  tier: 'graph' | 'partial';
  impacted: string[];
  /** The text of the hashes file. */
  hashes: string;
}

/**
 * What generate-hashes and get-impacted-targets say, by full queries on one server that lives long, in a work tree of
 * its own that is exactly the commit.
 */
export interface WarmOracle {
  /** @returns a text for a commit whose graph has errors */
  hash(commit: string): Promise<Known | string>;
  /** Impacted targets between a commit and the one that was hashed last; sorted. */
  impact(starting: Known, final: Known): Promise<string[]>;
  /** The text of the hashes file. */
  hashesFile(known: Known): Promise<string>;
  /** From the graph index of `starting`; a text says why it cannot. */
  fromIndex(starting: Known, target: string): Promise<IndexAnswer | string>;
}

export interface OracleServer extends AsyncDisposable {
  oracle(flags: readonly string[]): WarmOracle;
}

export interface OracleOptions {
  engine: GraphEngine;
  program: string;
  context: EngineContext;
  /** Its Bazel runs in what stands in for a machine, in which `directory` has another name. */
  machine?: NamespaceMachine | undefined;
}

/** Its directory. */
export const ORACLE_SERVER = 'oracle-server';

export async function oracleServer(
  { path, git }: TestRepository,
  directory: string,
  { engine, program, context, machine }: OracleOptions,
): Promise<OracleServer> {
  const tree = join(directory, 'oracle-tree');
  const contentPath = machine === undefined ? tree : join(directory, 'content-tree');
  const out = join(directory, 'oracle-out');
  for (const path of new Set([tree, contentPath])) await git('worktree', 'add', '--quiet', '--detach', path);
  const repository = await openRepository(path, { env: GIT_TEST_ENV });
  const env = passedEnvironment(GIT_TEST_ENV, engine.passedEnvironment, []);
  const serverRoot = join(directory, ORACLE_SERVER);
  const checkOuts = [...new Set([tree, contentPath])].map(exactCheckout);
  const checkOut = async (commit: string): Promise<void> => {
    for (const one of checkOuts) await one(commit);
  };
  const place = {
    contentPath,
    ...(machine === undefined
      ? { workspacePath: tree, serverRoot }
      : {
          commands: machine.commands,
          workspacePath: join(machine.root, 'oracle-tree'),
          serverRoot: join(machine.root, ORACLE_SERVER),
          changedPaths: () => changedPaths(tree),
        }),
  };
  const read = (some: readonly PathChange[]): Promise<Uint8Array[]> =>
    readBlobs(
      repository,
      some.map(({ object }) => object ?? ''),
    );
  return {
    oracle(flags) {
      const parsed = engine.parseFlags(flags);
      const run: EngineRun = {
        ...place,
        contentCache: join(serverRoot, 'digests'),
        program,
        flags: parsed,
        env,
        serverIdleSeconds: 600,
      };
      return {
        async hash(commit) {
          await checkOut(commit);
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
              whyNoIndex: why,
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
          if (index === undefined) return 'no index';
          const { changes } = await diffCommits(repository, commit, target);
          const plan = await engine.planOfIndex(
            { index, identity: identityOf(commit), flags: parsed, changes },
            context,
          );
          if (plan.tier === undefined) return plan.why;
          const hashes = join(directory, 'oracle-index-hashes');
          const files = { impacted: out, hashes };
          try {
            if (plan.tier === 'graph') await plan.answer((some) => read([...some] as PathChange[]), files);
            else await plan.answer(run, files, context);
          } catch (error) {
            if (error instanceof DewarError && isRefusal(error.code, changes)) return error.message;
            throw error;
          }
          return { tier: plan.tier, impacted: await readLines(out), hashes: await readFile(hashes, 'utf8') };
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await engine.stopServer(serverRoot);
    },
  };
}

/** A plan may find out that only a query of everything can tell; consume goes on with that. */
function isRefusal(code: string, changes: readonly PathChange[]): boolean {
  // Whether a new BUILD file makes a package, only Bazel knows.
  const isNew = changes.some(({ path, status }) => status === 'added' && isBuild(path));
  return code === 'MERGE_REFUSED' || (code === 'BAZEL_FAILED' && isNew);
}

function identityOf(commit: string): IndexIdentity {
  return { commit, fingerprint: '' };
}

/** Makes a work tree what a fresh clone at a commit would be. */
function exactCheckout(workspacePath: string): (commit: string) => Promise<void> {
  const run = async (...args: string[]): Promise<string> =>
    (await execa('git', args, { cwd: workspacePath, env: GIT_TEST_ENV, extendEnv: false })).stdout;
  let attributes = '';
  return async (commit) => {
    await run('checkout', '--quiet', '--force', '--detach', commit);
    await run('clean', '-ffdxq');
    const names = await readdir(workspacePath);
    const written = await attributesIn(workspacePath);
    // git leaves files as they are whose content is the same, although it would write other bytes now.
    if (written !== attributes) {
      for (const name of names) if (name !== '.git') await rm(join(workspacePath, name), { recursive: true });
      await run('checkout', '--quiet', '--force', '--detach', commit);
      attributes = written;
    }
    if (names.includes('.gitmodules'))
      await run('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'update', '--init', '--force');
  };
}

async function changedPaths(directory: string): Promise<string[]> {
  const args = ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all', '--ignored=matching'];
  const { stdout } = await execa('git', args, { cwd: directory, env: GIT_TEST_ENV, extendEnv: false });
  return stdout.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]));
}

async function attributesIn(directory: string): Promise<string> {
  const paths = ['.gitattributes', 'data/.gitattributes'].map((path) => join(directory, path));
  const texts = await Promise.all(paths.map(async (path) => readFile(path, 'utf8').catch(() => '')));
  return texts.join('\0');
}
