import { join } from 'node:path';
import { readRcFiles } from '../../bazel/fingerprint/rc-files.ts';
import type { RcFile } from '../../bazel/fingerprint/rc-files.ts';
import { classifyChanges } from '../../bazel/graph/classify-changes.ts';
import type { KnownGraph } from '../../bazel/graph/classify-changes.ts';
import { compareText } from '../../core/compare-text.ts';
import { FULL_REASONS } from '../../bazel/graph/full-reasons.ts';
import { readGraphIndex, writeGraphIndex } from '../../bazel/graph/graph-index.ts';
import type { GraphIndex } from '../../bazel/graph/graph-index.ts';
import { impactOfContents } from '../../bazel/graph/impact-of-contents.ts';
import type { TypedLabel } from '../../bazel/graph/impact-of-contents.ts';
import { readIndexFacts } from '../../bazel/graph/index-facts.ts';
import { knownGraph, whyLoadersUnknown } from '../../bazel/graph/known-graph.ts';
import type { GeneratedHashes } from '../../bazel/generate-hashes.ts';
import { readSeed } from '../../bazel/hash/read-inputs.ts';
import { thisHostFiles } from '../../platform/file-host.ts';
import type { FileHost } from '../../platform/file-host.ts';
import type { AnswerFiles, IndexInput, IndexPlan, IndexPlanInput } from '../../snapshot/engine.ts';
import type { BazelFlags } from './parse-flags.ts';
import { packagesImpact, whyNotPartial } from './partial-tier.ts';
import type { PackagesClient } from './partial-tier.ts';
import { writeIndexAnswer } from './write-index-answer.ts';

export interface IndexRun {
  workspacePath: string;
  outputBase: string;
  flags: Pick<BazelFlags, 'options'>;
  env: Readonly<Record<string, string>>;
  /** Of where Bazel runs, which the paths are of; this host when absent. */
  files?: FileHost;
}

/** @returns why no index can be written; undefined when it was */
export async function writeIndex(
  run: IndexRun,
  generated: GeneratedHashes,
  { tree, attributes, path, identity }: Omit<IndexInput, 'hashes'>,
): Promise<string | undefined> {
  const { options } = run.flags;
  const { workspacePath, outputBase, files } = run;
  const why = await whyNoIndex(options, workspacePath, run.env, files);
  if (why !== undefined) return why;
  const rcFiles = await rcFilesOf(options, workspacePath, run.env, files);
  const facts = await readIndexFacts({
    workspacePath,
    outputBase,
    tree,
    attributes,
    table: generated.graph.table,
    files,
  });
  if (typeof facts === 'string') return facts;
  await writeGraphIndex(path, identity, generated, {
    ...facts,
    readPaths: [...facts.readPaths, ...rcFiles.flatMap(({ path: rc }) => inWorkspace(rc, workspacePath))],
    seed: (await readSeed(options.seedFilepaths)).toString('hex'),
    configured: false,
    includeTargetType: options.includeTargetType,
    bzlmod: generated.bzlmod,
    fineGrainedRepos: [...generated.fineGrainedRepos],
  });
  return undefined;
}

/** @returns why flags or settings allow no index; undefined when they do */
export async function whyNoIndex(
  options: BazelFlags['options'],
  workspacePath: string,
  env: Readonly<Record<string, string>>,
  files?: FileHost,
): Promise<string | undefined> {
  if (options.useCquery) return FULL_REASONS.configured;
  // Without the BUILD files in the graph, nobody knows what a package is.
  if (options.excludeTargetsQuery !== undefined) return FULL_REASONS.flags;
  const settings = [
    ...options.bazelCommandOptions,
    ...(await rcFilesOf(options, workspacePath, env, files)).map(
      ({ content }) => content?.toString('utf8') ?? '',
    ),
  ];
  // What extensions read stands in the lock file, if it is of this very run.
  return settings.some((text) => LOCK_FILE_MODE.test(text))
    ? 'with --lockfile_mode nobody knows what module extensions read'
    : undefined;
}

function rcFilesOf(
  { bazelStartupOptions }: BazelFlags['options'],
  workspacePath: string,
  env: Readonly<Record<string, string>>,
  files: FileHost = thisHostFiles,
): Promise<RcFile[]> {
  return readRcFiles({
    read: (rc) => files.read(join(workspacePath, rc)),
    readOutside: (rc) => files.read(rc),
    startupOptions: bazelStartupOptions,
    env,
  });
}

const LOCK_FILE_MODE = /--lockfile_mode\b/;

/** Rc files are part of the fingerprint too; here for those who use an index without one. */
function inWorkspace(path: string, workspacePath: string): string[] {
  for (const root of ['%workspace%/', `${workspacePath}/`])
    if (path.startsWith(root)) return [path.slice(root.length)];
  return [];
}

/**
 * Finds out how an index can answer.
 * @param clientOf runs Bazel in the work tree of a run, beside the server that has the whole graph
 * @throws DewarError BAD_GRAPH_INDEX
 */
export async function planOfIndex(
  flags: BazelFlags,
  input: IndexPlanInput,
  clientOf: PackagesClient,
): Promise<IndexPlan> {
  const { targetTypes, includeTargetType } = flags.options;
  // The full answer is an error that says so.
  if (targetTypes !== undefined && !includeTargetType)
    return { tier: undefined, why: 'the flags contradict' };
  const index = await readGraphIndex(input.index, input.identity);
  let plan: IndexPlan | undefined;
  try {
    plan = planOf(flags, input, index, clientOf);
    return plan;
  } finally {
    // Else its one answer closes the file.
    if (plan?.tier === undefined) index[Symbol.dispose]();
  }
}

function planOf(
  flags: BazelFlags,
  input: IndexPlanInput,
  index: GraphIndex,
  clientOf: PackagesClient,
): IndexPlan {
  const unknown = whyLoadersUnknown(index, input.changes);
  if (unknown !== undefined) return { tier: undefined, why: unknown };
  const known = knownGraph(index);
  const found = classifyChanges(input.changes, known);
  if (found.tier === 'full') {
    const about = found.path === undefined ? '' : `${found.path}: `;
    return { tier: undefined, why: `${about}${FULL_REASONS[found.reason]}` };
  }
  const answer = async (
    impact: Promise<readonly TypedLabel[]>,
    files: AnswerFiles,
  ): Promise<{ impacted: number }> => {
    using open = index;
    return await writeIndexAnswer(flags, open, await impact, files);
  };
  if (found.tier === 'graph' && input.least !== 'partial')
    return {
      tier: 'graph',
      answer: (read, files) => answer(contentsImpact(index, input.changes, read), files),
      costs: index.costs,
    };
  const packages = found.tier === 'graph' ? enclosingPackages(input.changes, known) : found.packages;
  if (found.tier === 'graph' && packages.length === 0)
    return { tier: undefined, why: 'no package has a changed file' };
  const why = whyNotPartial(index, packages);
  if (why !== undefined) return { tier: undefined, why };
  const impact = packagesImpact({ flags, index, packages, changes: input.changes });
  return {
    tier: 'partial',
    packages,
    answer: (run, files, context) => answer(impact(run, context, clientOf), files),
    costs: index.costs,
  };
}

/** The packages that have the changed files, where no file came or went. */
function enclosingPackages(
  changes: IndexPlanInput['changes'],
  known: Pick<KnownGraph, 'isPackage'>,
): string[] {
  const found = new Set<string>();
  for (const { path } of changes)
    for (let at = path; at !== '';) {
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      if (!known.isPackage(at)) continue;
      found.add(at);
      break;
    }
  return [...found].toSorted(compareText);
}

async function contentsImpact(
  index: GraphIndex,
  changes: IndexPlanInput['changes'],
  read: (changes: IndexPlanInput['changes']) => Promise<readonly Uint8Array[]>,
): Promise<TypedLabel[]> {
  const contents = await read(changes);
  return impactOfContents(
    index,
    changes.map(({ path, newMode }, at) => ({
      path,
      content: contents[at] ?? new Uint8Array(0),
      executable: newMode === '100755',
    })),
  );
}
