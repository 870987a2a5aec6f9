import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TargetTable } from '../../bazel/hash/target-table.ts';
import type { GraphIndex } from '../../bazel/graph/graph-index.ts';
import { impactOfPackages } from '../../bazel/graph/impact-of-packages.ts';
import type { TypedLabel } from '../../bazel/graph/impact-of-contents.ts';
import type { BazelClient } from '../../bazel/query/bazel-client.ts';
import { queryPackages } from '../../bazel/query/query-packages.ts';
import type { PathChange } from '../../bazel/graph/classify-changes.ts';
import type { EngineContext, EngineRun } from '../../snapshot/engine.ts';
import type { BazelFlags } from './parse-flags.ts';

export interface PackagesQuestion {
  flags: BazelFlags;
  index: GraphIndex;
  /** Directories of packages that may have changed, come or gone. */
  packages: readonly string[];
  changes: readonly PathChange[];
}

/** @returns who is asked about some packages, in the work tree of a run */
export type PackagesClient = (run: EngineRun, context: EngineContext) => Promise<PackagesServer>;

export interface PackagesServer {
  client: BazelClient;
  /** It serves no other questions, and may forget what it has loaded. */
  ownsState: boolean;
}

/** @returns why a query of everything is better; undefined when it is not */
export function whyNotPartial({ graph }: GraphIndex, packages: readonly string[]): string | undefined {
  const { table } = graph;
  if (!table.hasStacks()) return 'this Bazel does not say which .bzl files made a rule';
  if (packages.length <= LEAST_PACKAGES) return undefined;
  const known = countPackages(table);
  return packages.length > known * MOST_OF_ALL
    ? `${packages.length} of ${known} packages must be loaded again`
    : undefined;
}

/** Loading this many packages is always cheaper than loading all of a larger workspace. */
const LEAST_PACKAGES = 50;
const MOST_OF_ALL = 0.25;
/** To look at the files of so many takes longer than to load the few again that the next question is about. */
const MANY = 200;

/**
 * Does what needs no Bazel.
 * @param question its index is brought up to date
 * @returns asks Bazel, for the targets that changes of the packages impact; its `run` is at the target commit
 */
export function packagesImpact(question: PackagesQuestion): PackagesImpact {
  const merge = impactOfPackages(question.index, question.packages);
  return (run, context, clientOf) => askPackages(question, merge, run, context, clientOf);
}

export type PackagesImpact = (
  run: EngineRun,
  context: EngineContext,
  clientOf: PackagesClient,
) => Promise<TypedLabel[]>;

async function askPackages(
  { flags: { options }, index, packages, changes }: PackagesQuestion,
  merge: ReturnType<typeof impactOfPackages>,
  run: EngineRun,
  context: EngineContext,
  clientOf: PackagesClient,
): Promise<TypedLabel[]> {
  const { contentPath } = run;
  const present = packages.filter((name) =>
    BUILD_FILES.some((file) => existsSync(join(contentPath, name, file))),
  );
  const { client, ownsState } = await clientOf(run, context);
  const frames = await queryPackages(client, present, options, ownsState ? MANY : undefined);
  context.signal?.throwIfAborted();
  return merge({
    frames,
    changes,
    settings: {
      workspacePath: contentPath,
      configured: false,
      fineGrainedRepos: index.facts.fineGrainedRepos,
      ignoredAttributes: options.ignoredRuleHashingAttributes,
      alwaysAffectedTags: options.alwaysAffectedTags,
      seed: Buffer.from(index.facts.seed, 'hex'),
      keepDependencies: false,
      includePackageGroups: options.includePackageGroups,
    },
  });
}

const BUILD_FILES = ['BUILD', 'BUILD.bazel'];
const BUILD_LABEL = /:BUILD(?:\.bazel)?$/;

function countPackages({ labels, sourceLabels }: TargetTable): number {
  let count = 0;
  for (let row = 0; row < sourceLabels.length; row++)
    if (BUILD_LABEL.test(labels.bytes(sourceLabels.at(row)).subarray(-12).toString('latin1'))) count++;
  return count;
}
