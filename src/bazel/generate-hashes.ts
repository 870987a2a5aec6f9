import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { assertWorkspace } from './assert-workspace.ts';
import type { EngineOptions } from './engine-options.ts';
import { DigestCache } from './hash/digest-cache.ts';
import { HashSession } from './hash/hash-session.ts';
import type { HashSettings, HashedGraph } from './hash/hash-session.ts';
import { readContentHashes, readModifiedPaths, readSeed } from './hash/read-inputs.ts';
import type { Selection } from './hash/to-hashes-document.ts';
import { bringRepositories } from './modules/bring-repositories.ts';
import { expandFineGrained } from './modules/expand-fine-grained.ts';
import { findExternalRoots } from './modules/external-roots.ts';
import { cachedModuleGraph } from './modules/cached-module-graph.ts';
import { parseModuleGraph } from './modules/module-graph.ts';
import type { ModuleGraphResult } from './modules/module-graph.ts';
import { readRepositoryRules } from './modules/repository-rules.ts';
import { showsRepositories } from './modules/shows-repositories.ts';
import type { BazelClient } from './query/bazel-client.ts';
import { errorLines } from './query/bazel-client.ts';
import { queryTargets } from './query/query-targets.ts';

export interface GeneratedHashes {
  graph: HashedGraph;
  selection: Selection;
  bzlmod: boolean;
  /** The repositories that were hashed target by target, after expansion. */
  fineGrainedRepos: readonly string[];
  /** Output of `bazel mod graph --output=json`, when bzlmod is on. */
  moduleGraphJson: string | undefined;
  /** True when errors in the graph were passed over (`--keep_going`): targets may be missing. */
  partial: boolean;
  /** The first lines of what Bazel said was wrong. */
  problems: readonly string[];
}

export interface GenerateSettings {
  /** Keep what dependency edges are made of. */
  keepDependencies?: boolean;
  /** Where digests of unchanged files are kept from run to run of one workspace; nowhere when absent. */
  digestCache?: string | undefined;
  /** Where Bazel runs in a machine: a directory there in which module graphs are kept; nowhere when absent. */
  moduleGraphs?: string | undefined;
}

/**
 * Asks Bazel for the whole graph and hashes every target.
 * @throws DewarError NOT_A_WORKSPACE, BAZEL_NOT_FOUND, BAZEL_FAILED, BAD_QUERY_OUTPUT, DEPENDENCY_CYCLE,
 *   MISSING_GENERATING_RULE, SOURCE_UNREADABLE, SEED_UNREADABLE, BAD_CONTENT_HASHES, BAD_MODIFIED_FILES
 */
export async function generateHashes(
  client: BazelClient,
  options: EngineOptions,
  { keepDependencies = false, digestCache: cachePath, moduleGraphs }: GenerateSettings = {},
): Promise<GeneratedHashes> {
  const workspacePath = resolve(options.workspacePath);
  await assertWorkspace(workspacePath);
  const { emit } = client.options;
  const settings: HashSettings = {
    workspacePath,
    configured: options.useCquery,
    fineGrainedRepos: options.fineGrainedHashExternalRepos,
    ignoredAttributes: options.ignoredRuleHashingAttributes,
    alwaysAffectedTags: options.alwaysAffectedTags,
    contentHashes: await readContentHashes(options.contentHashPath),
    modifiedPaths: await readModifiedPaths(options.modifiedFilepaths, workspacePath),
    seed: await readSeed(options.seedFilepaths),
    keepDependencies,
    includePackageGroups: options.includePackageGroups,
    digestCache: cachePath === undefined ? undefined : await DigestCache.open(cachePath),
  };
  let asked: Promise<ModuleGraphResult> | undefined;
  const moduleGraph = (): Promise<ModuleGraphResult> => (asked ??= cachedModuleGraph(client, moduleGraphs));
  const repos = options.fineGrainedHashExternalRepos;
  const expanded = {
    ...settings,
    fineGrainedRepos: repos.length === 0 ? repos : expand(repos, await moduleGraph()),
  };

  emit({ type: 'phase', phase: 'query', message: 'asking Bazel for the build graph' });
  const started = performance.now();
  const asking = { ...options, fineGrainedRepos: expanded.fineGrainedRepos };
  const [query, version] = await Promise.all([
    queryTargets(client, asking, () => new HashSession(expanded)),
    client.version(),
  ]);
  using session = query.session;
  emit({ type: 'phase-done', phase: 'query', ms: performance.now() - started });

  emit({ type: 'phase', phase: 'hash', message: `hashing ${session.table.targetCount} targets` });
  const hashing = performance.now();
  await using roots = await rootsOnThisHost(client, session, expanded.fineGrainedRepos);
  if (showsRepositories(version)) await addRepositoryRules(client, session, await moduleGraph());
  // Bazel answers this while the targets are hashed here.
  const [graph, { bzlmod, json }] = await Promise.all([session.finish(roots.directories), moduleGraph()]);
  if (cachePath !== undefined && session.cacheGrew) await saveCache(client, settings.digestCache, cachePath);
  const selection = {
    includeTargetType: options.includeTargetType,
    targetTypes: options.targetTypes === undefined ? undefined : new Set(options.targetTypes),
  };
  emit({ type: 'phase-done', phase: 'hash', ms: performance.now() - hashing });
  const problems = query.partial ? errorLines(query.stderr) : [];
  if (query.partial) warnPartial(client, problems);
  const { fineGrainedRepos } = expanded;
  const { partial } = query;
  return { graph, selection, bzlmod, fineGrainedRepos, moduleGraphJson: json, partial, problems };
}

function expand(repos: readonly string[], { json }: ModuleGraphResult): readonly string[] {
  const graph = json === undefined ? undefined : parseModuleGraph(json);
  return graph === undefined ? repos : expandFineGrained(repos, graph);
}

/** The root directories of the fine-grained repositories, or copies of them, by name without `@`. */
async function rootsOnThisHost(
  client: BazelClient,
  session: HashSession,
  repos: readonly string[],
): Promise<{ directories: ReadonlyMap<string, string> } & AsyncDisposable> {
  const { commands, signal } = client.options;
  const roots = await findExternalRoots(client, repos);
  const brought =
    commands === undefined || roots.size === 0
      ? undefined
      : await bringRepositories(commands, session.externalSources(), roots, { signal });
  return {
    directories: brought?.roots ?? roots,
    async [Symbol.asyncDispose]() {
      await brought?.[Symbol.asyncDispose]();
    },
  };
}

async function addRepositoryRules(
  client: BazelClient,
  session: HashSession,
  modules: ModuleGraphResult,
): Promise<void> {
  if (!modules.bzlmod) return;
  const graph = modules.json === undefined ? undefined : parseModuleGraph(modules.json);
  const input = session.input('query');
  for (const rule of await readRepositoryRules(client, graph)) input.push(framed(rule));
  input.end();
}

function framed(message: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = message.length;
  for (; rest >= 0x80; rest >>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Uint8Array.from([...length, rest]), message]);
}

/** A cache that cannot be written costs time and nothing else. */
async function saveCache(client: BazelClient, cache: DigestCache | undefined, path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await cache?.save(path);
  } catch (error) {
    client.options.emit({ type: 'debug', message: `digests of files are not kept: ${String(error)}` });
  }
}

function warnPartial(client: BazelClient, problems: readonly string[]): void {
  client.options.emit({
    type: 'warning',
    code: 'PARTIAL_GRAPH',
    message: `Bazel passed over errors (--keep_going), so targets may be missing from the result:\n${problems.join('\n')}`,
  });
}
