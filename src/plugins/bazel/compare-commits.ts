import { join } from 'node:path';
import type { BazelClient } from '../../bazel/query/bazel-client.ts';
import { generateHashes } from '../../bazel/generate-hashes.ts';
import { readGraphIndex } from '../../bazel/graph/graph-index.ts';
import type { HashedGraph } from '../../bazel/hash/hash-session.ts';
import { toHashesDocument } from '../../bazel/hash/to-hashes-document.ts';
import { moduleImpact } from '../../bazel/impact/module-impact.ts';
import type { ModuleChange } from '../../bazel/why/change.ts';
import { describeRules, loadedFiles } from '../../bazel/why/describe-rules.ts';
import type { CommitSide, RootQueries } from '../../bazel/why/explain-roots.ts';
import type { TreeEntry, TreePair } from '../../bazel/why/file-events.ts';
import { GraphPair } from '../../bazel/why/graph-pair.ts';
import { impactCone } from '../../bazel/why/impact-cone.ts';
import type { ConeNode } from '../../bazel/why/impact-cone.ts';
import { mainRepositoryNames, moduleChanges } from '../../bazel/why/module-changes.ts';
import { DewarError } from '../../core/errors.ts';
import { STORE_NAMES } from '../../core/names.ts';
import { diffCommits } from '../../platform/git-diff.ts';
import { commitFiles } from '../../platform/git-files.ts';
import { firstParent } from '../../platform/git-repository.ts';
import { checkBundle } from '../../snapshot/check-bundle.ts';
import { openWorkspace } from '../../snapshot/commit-view.ts';
import type { EngineSettings, RunContext, WorkspaceView } from '../../snapshot/commit-view.ts';
import { fits } from '../../snapshot/resolve.ts';
import { scanStore } from '../../snapshot/store-scan.ts';
import type { BundlePlace } from '../../snapshot/store-scan.ts';
import type { Machine, VmmDriver } from '../../vmm/driver.ts';
import { asBazelFlags, bazelGraphEngine, clientOf } from './engine.ts';
import type { BazelFlags } from './parse-flags.ts';

export interface CompareOptions extends EngineSettings {
  /** Where a snapshot of the base may be; none is looked for when undefined. */
  store: string | undefined;
  /** Any revision. */
  target: string;
  /** Any revision; the first parent of the target when undefined. */
  base: string | undefined;
}

/** The graphs of two commits, and a machine in which Bazel can be asked at both. */
export interface Comparison {
  /** Full SHAs. */
  base: string;
  target: string;
  baseGraph: 'index' | 'query';
  partial: boolean;
  flags: BazelFlags;
  /** `bazel mod graph` works at the target. */
  bzlmod: boolean;
  pair: GraphPair;
  cone: ReadonlyMap<string, ConeNode>;
  modules: readonly ModuleChange[];
  /** Names by which labels may call the main repository. */
  mainNames: ReadonlySet<string>;
  trees: TreePair;
  queries: RootQueries;
}

/**
 * Makes the graphs of two commits, in a machine that is let go of after `work`.
 * @throws DewarError UNKNOWN_REVISION, NO_BASE, NOT_A_WORKSPACE, NOT_A_GIT_REPOSITORY, BAD_FLAG, BAD_ENV, INTERRUPTED, and
 *   those of Bazel
 */
export async function compareCommits<T>(
  options: CompareOptions,
  driver: VmmDriver,
  context: RunContext,
  work: (comparison: Comparison) => Promise<T>,
): Promise<T> {
  const view = await openWorkspace(bazelGraphEngine, options, context);
  const target = await view.commit(options.target);
  const base =
    options.base === undefined ? await parentOf(view, target, context) : await view.commit(options.base);
  const { repository } = view;
  await driver.sweep({ repository }, context);
  const bundle =
    options.store === undefined
      ? undefined
      : await findBundle(options.store, base, view, driver.name, context);
  // The server of a snapshot is of use where nothing but the commit is another.
  const restored = bundle !== undefined && (await view.fingerprint(target)).digest === bundle.fingerprint;
  const machine = restored
    ? await driver.restore({ repository, snapshot: bundle }, context)
    : await driver.create({ repository }, context);
  let result: T;
  try {
    const session = new Session(view, machine, { base, target }, context);
    result = await session.compare(bundle, work);
  } catch (error) {
    if (!restored) await machine.kill();
    else if (context.signal.aborted) await machine.abandon();
    else await machine.shutdown();
    throw error;
  }
  await (restored ? machine.shutdown() : machine.kill());
  return result;
}

interface CommitGraph {
  graph: HashedGraph;
  moduleGraphJson: string | undefined;
  partial: boolean;
  bzlmod: boolean;
}

class Session {
  readonly #view: WorkspaceView;
  readonly #machine: Machine;
  readonly #commits: { base: string; target: string };
  readonly #context: RunContext;
  readonly #flags: BazelFlags;
  #at: string | undefined;

  constructor(
    view: WorkspaceView,
    machine: Machine,
    commits: { base: string; target: string },
    context: RunContext,
  ) {
    this.#view = view;
    this.#machine = machine;
    this.#commits = commits;
    this.#context = context;
    this.#flags = asBazelFlags(view.flags);
  }

  async compare<T>(
    bundle: BundlePlace | undefined,
    work: (comparison: Comparison) => Promise<T>,
  ): Promise<T> {
    const { base, target } = this.#commits;
    using index = bundle === undefined ? undefined : await this.#openIndex(bundle);
    const before: CommitGraph =
      index === undefined
        ? await this.#graphAt(base)
        : {
            graph: index.graph,
            moduleGraphJson: index.moduleGraphJson,
            partial: false,
            bzlmod: index.facts.bzlmod,
          };
    const after = await this.#graphAt(target);
    const pair = new GraphPair(before.graph, after.graph);
    const modules = moduleChanges(before.moduleGraphJson, after.moduleGraphJson);
    const cone = impactCone(pair, await this.#reachedByModules(after.graph, modules));
    return await work({
      base,
      target,
      baseGraph: index === undefined ? 'query' : 'index',
      partial: before.partial || after.partial,
      flags: this.#flags,
      bzlmod: after.bzlmod,
      pair,
      cone,
      modules,
      mainNames: mainRepositoryNames(before.moduleGraphJson, after.moduleGraphJson),
      trees: await this.#trees(),
      queries: this.#queries(),
    });
  }

  async #openIndex(place: BundlePlace): Promise<Awaited<ReturnType<typeof readGraphIndex>> | undefined> {
    const path = join(place.directory, STORE_NAMES.graphIndex);
    try {
      return await readGraphIndex(path, { commit: place.base, fingerprint: place.fingerprint });
    } catch (error) {
      if (!(error instanceof DewarError)) throw error;
      this.#context.emit({ type: 'warning', code: 'GRAPH_NOT_USED', message: error.message });
      return undefined;
    }
  }

  async #graphAt(commit: string): Promise<CommitGraph> {
    const client = await this.#clientAt(commit);
    const { workspacePath, serverRoot } = this.#machine;
    const options = { ...this.#flags.options, workspacePath };
    return generateHashes(client, options, { digestCache: join(serverRoot, 'digests') });
  }

  async #clientAt(commit: string): Promise<BazelClient> {
    if (this.#at !== commit) {
      const { emit } = this.#context;
      emit({ type: 'phase', phase: 'checkout', message: `checking out ${commit}` });
      const started = performance.now();
      await this.#machine.checkOut(commit, this.#context);
      emit({ type: 'phase-done', phase: 'checkout', ms: performance.now() - started });
      this.#at = commit;
    }
    return clientOf(this.#view.engineRun(this.#machine), this.#context);
  }

  async #reachedByModules(
    after: HashedGraph,
    modules: readonly ModuleChange[],
  ): Promise<ReadonlySet<string>> {
    if (modules.length === 0) return new Set();
    const client = await this.#clientAt(this.#commits.target);
    const final = toHashesDocument(after, { includeTargetType: false, targetTypes: undefined });
    const names = new Set(modules.map(({ name }) => name));
    return (await moduleImpact(client, names, final, this.#flags.options)) ?? new Set();
  }

  async #trees(): Promise<TreePair> {
    const { base, target } = this.#commits;
    const { changes } = await diffCommits(this.#view.repository, base, target, this.#context.signal);
    const before = new Map<string, TreeEntry>();
    const after = new Map<string, TreeEntry>();
    for (const { path, oldMode, newMode, oldObject, object } of changes) {
      if (oldMode !== undefined && oldObject !== undefined)
        before.set(path, { mode: oldMode, object: oldObject });
      if (newMode !== undefined && object !== undefined) after.set(path, { mode: newMode, object });
    }
    return { before, after };
  }

  #queries(): RootQueries {
    const { base, target } = this.#commits;
    const { bazelCommandOptions } = this.#flags.options;
    const files = commitFiles(this.#view.repository, target, this.#context.signal);
    const commitOf = (side: CommitSide): string => (side === 'before' ? base : target);
    return {
      rules: async (side, labels) =>
        describeRules(await this.#clientAt(commitOf(side)), labels, bazelCommandOptions),
      text: async (path) => (await files.read(path))?.toString('utf8'),
      loadedFiles: async (labels) => loadedFiles(await this.#clientAt(target), labels, bazelCommandOptions),
    };
  }
}

async function parentOf(view: WorkspaceView, target: string, { signal }: RunContext): Promise<string> {
  const parent = await firstParent(view.repository, target, signal);
  if (parent !== undefined) return parent;
  throw new DewarError({
    code: 'NO_BASE',
    message: `there is no commit to compare ${target} with: it has no parent in this clone`,
    mend: view.repository.shallow
      ? 'give --base-sha, or fetch the history (git fetch --unshallow)'
      : 'give --base-sha: the target is the first commit of its history',
  });
}

/** @returns a complete snapshot of the base with a graph index, recorded under what holds now */
async function findBundle(
  store: string,
  base: string,
  view: WorkspaceView,
  driver: string,
  { emit }: RunContext,
): Promise<BundlePlace | undefined> {
  const { digest } = await view.fingerprint(base);
  const { bundles } = await scanStore(store);
  const place = bundles.find((bundle) => bundle.base === base && bundle.fingerprint === digest);
  const note = (why: string): undefined => {
    emit({ type: 'note', message: `the base is queried, not taken from ${store}: ${why}` });
  };
  if (place === undefined) return note(`it has no snapshot of ${base} with this fingerprint`);
  const state = await checkBundle(place, 'digests');
  if (!state.complete) return note(state.why);
  const wanted = { workspace: view.repository.prefix, engine: bazelGraphEngine.name, driver };
  if (!fits(state, wanted)) return note('the snapshot is of another workspace, engine or driver');
  if (state.manifest.files[STORE_NAMES.graphIndex] === undefined)
    return note('the snapshot has no graph index');
  return place;
}
