import { join } from 'node:path';
import { readRcFiles } from '../../bazel/fingerprint/rc-files.ts';
import { classifyChanges } from '../../bazel/graph/classify-changes.ts';
import { FULL_REASONS } from '../../bazel/graph/full-reasons.ts';
import { readGraphIndex, writeGraphIndex } from '../../bazel/graph/graph-index.ts';
import { impactOfContents } from '../../bazel/graph/impact-of-contents.ts';
import { readIndexFacts } from '../../bazel/graph/index-facts.ts';
import { knownGraph, loadersAreKnown } from '../../bazel/graph/known-graph.ts';
import { isBzlFile } from '../../bazel/graph/special-path.ts';
import type { GeneratedHashes } from '../../bazel/generate-hashes.ts';
import { readSeed } from '../../bazel/hash/read-inputs.ts';
import { formatImpacted } from '../../bazel/impact/format-impacted.ts';
import { orderLabels } from '../../bazel/impact/order-labels.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';
import { writeOutput } from '../../platform/write-output.ts';
import type { IndexImpact, IndexImpactInput, IndexInput } from '../../snapshot/engine.ts';
import type { BazelFlags } from './parse-flags.ts';

export interface IndexRun {
  workspacePath: string;
  outputBase: string;
  flags: BazelFlags;
  env: Readonly<Record<string, string>>;
}

/** @returns why no index can be written; undefined when it was */
export async function writeIndex(
  run: IndexRun,
  generated: GeneratedHashes,
  { tree, attributes, path }: IndexInput,
): Promise<string | undefined> {
  const { options } = run.flags;
  if (options.useCquery) return FULL_REASONS.configured;
  // Without the BUILD files in the graph, nobody knows what a package is.
  if (options.excludeTargetsQuery !== undefined) return FULL_REASONS.flags;
  const { workspacePath, outputBase } = run;
  const rcFiles = await readRcFiles({
    read: (rc) => readIfPresent(join(workspacePath, rc)),
    startupOptions: options.bazelStartupOptions,
    env: run.env,
  });
  const settings = [
    ...options.bazelCommandOptions,
    ...rcFiles.map(({ content }) => content?.toString('utf8') ?? ''),
  ];
  // What extensions read stands in the lock file, if it is of this very run.
  if (settings.some((text) => LOCK_FILE_MODE.test(text)))
    return 'with --lockfile_mode nobody knows what module extensions read';
  const facts = await readIndexFacts({ workspacePath, outputBase, tree, attributes });
  if (typeof facts === 'string') return facts;
  await writeGraphIndex(path, generated.graph, {
    ...facts,
    readPaths: [...facts.readPaths, ...rcFiles.flatMap(({ path: rc }) => inWorkspace(rc, workspacePath))],
    seed: (await readSeed(options.seedFilepaths)).toString('hex'),
    configured: false,
    includeTargetType: options.includeTargetType,
    bzlmod: generated.bzlmod,
  });
  return undefined;
}

const LOCK_FILE_MODE = /--lockfile_mode\b/;

/** Rc files are part of the fingerprint too; here for those who use an index without one. */
function inWorkspace(path: string, workspacePath: string): string[] {
  for (const root of ['%workspace%/', `${workspacePath}/`])
    if (path.startsWith(root)) return [path.slice(root.length)];
  return [];
}

/** @throws DewarError BAD_GRAPH_INDEX, OUTPUT_NOT_WRITABLE */
export async function impactOfIndex(flags: BazelFlags, input: IndexImpactInput): Promise<IndexImpact> {
  const { targetTypes, includeTargetType } = flags.options;
  // The full answer is an error that says so.
  if (targetTypes !== undefined && !includeTargetType)
    return { impacted: undefined, why: 'the flags contradict' };
  const index = await readGraphIndex(input.index);
  const bzl = input.changes.find(({ path }) => isBzlFile(path));
  if (bzl !== undefined && !loadersAreKnown(index.graph.table))
    return { impacted: undefined, why: `${bzl.path}: Bazel does not say what a BUILD.bazel file loads` };
  const found = classifyChanges(input.changes, knownGraph(index));
  if (found.tier === 'full') {
    const about = found.path === undefined ? '' : `${found.path}: `;
    return { impacted: undefined, why: `${about}${FULL_REASONS[found.reason]}` };
  }
  if (found.tier === 'partial')
    return { impacted: undefined, why: `packages must be loaded again: ${shown(found.packages)}` };
  const changes = input.changes.filter((change) => found.contents.includes(change));
  const contents = await input.read(changes);
  const impacted = impactOfContents(
    index,
    changes.map(({ path, newMode }, at) => ({
      path,
      content: contents[at] ?? new Uint8Array(0),
      executable: newMode === '100755',
    })),
  );
  const dropsExternal = flags.excludeExternalTargets ?? index.facts.bzlmod;
  const labels = orderLabels(
    impacted
      .filter(({ label }) => !dropsExternal || !label.startsWith('//external:'))
      .filter(({ type }) => targetTypes === undefined || targetTypes.includes(type))
      .map(({ label, type }) => ({ label, type: includeTargetType ? type : undefined })),
  );
  await writeOutput(input.out, formatImpacted({ labels, distances: undefined }));
  return { impacted: labels.length };
}

const MOST_SHOWN = 5;

function shown(packages: readonly string[]): string {
  const names = packages.slice(0, MOST_SHOWN).map((name) => `//${name}`);
  return packages.length > MOST_SHOWN
    ? `${names.join(', ')} and ${packages.length - MOST_SHOWN} more`
    : names.join(', ');
}
