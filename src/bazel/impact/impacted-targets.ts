import { DewarError } from '../../core/errors.ts';
import type { BazelClient } from '../query/bazel-client.ts';
import { parseHashValue } from '../hashes-document.ts';
import type { DependencyEdges, HashesDocument } from '../hashes-document.ts';
import { unlessNoBazel } from '../query/unless-no-bazel.ts';
import { readModuleGraph } from '../modules/module-graph.ts';
import type { TargetType } from '../target-type.ts';
import { changedModules } from './changed-modules.ts';
import { distances } from './distances.ts';
import type { Distance } from './distances.ts';
import { hashDifference } from './hash-difference.ts';
import { moduleImpact } from './module-impact.ts';
import { orderLabels } from './order-labels.ts';

export interface ImpactOptions {
  bazelCommandOptions: readonly string[];
  keepGoing: boolean;
  /** Undefined: `//external:` labels are dropped when bzlmod is on. */
  excludeExternalTargets: boolean | undefined;
  targetTypes: readonly TargetType[] | undefined;
}

export interface ImpactedTargets {
  /** By kind, then label. */
  labels: readonly string[];
  /** With dependency edges: the distances of those labels that the final hashes have. */
  distances: ReadonlyMap<string, Distance> | undefined;
}

/**
 * The targets that differ between two hashes files, and those that changed modules reach.
 * @param client runs in the workspace at the final commit; asked only where the hashes do not say it all
 * @throws DewarError MISSING_TARGET_TYPES, DEPENDENCY_CYCLE, BAZEL_NOT_FOUND
 */
export async function impactedTargets(
  client: BazelClient,
  starting: HashesDocument,
  final: HashesDocument,
  edges: DependencyEdges | undefined,
  options: ImpactOptions,
): Promise<ImpactedTargets> {
  if (options.targetTypes !== undefined) assertTyped(starting, final);
  if (options.targetTypes?.includes('PackageGroup') === true) warnWithoutGroups(client, starting, final);
  const impacted = hashDifference(starting, final);
  const modules = changedModules(starting.moduleGraphJson, final.moduleGraphJson);
  const byModules =
    modules === undefined || modules.size === 0
      ? undefined
      : await moduleImpact(client, modules, final, options);
  for (const label of byModules ?? []) impacted.add(label);
  // Distances go over all of them, also over those that the list leaves out.
  const all =
    edges === undefined || byModules !== undefined
      ? undefined
      : distances(impacted, starting, final, edges, client.options.emit);
  const dropped = (await dropsExternal(client, impacted, options)) ? EXTERNAL : undefined;

  const labels = orderLabels(
    [...impacted]
      .filter((label) => dropped === undefined || !label.startsWith(dropped))
      .map((label) => ({ label, type: typeOf(label, starting, final) }))
      .filter(({ type }) => options.targetTypes?.includes(type as TargetType) ?? true),
  );
  if (edges === undefined) return { labels, distances: undefined };
  const known = labels.filter((label) => final.hashes.has(label));
  return { labels, distances: new Map(known.map((label) => [label, all?.get(label) ?? HERE])) };
}

const EXTERNAL = '//external:';
const HERE: Distance = { targetDistance: 0, packageDistance: 0 };

async function dropsExternal(
  client: BazelClient,
  impacted: ReadonlySet<string>,
  { excludeExternalTargets }: ImpactOptions,
): Promise<boolean> {
  if (excludeExternalTargets !== undefined) return excludeExternalTargets;
  for (const label of impacted) {
    if (!label.startsWith(EXTERNAL)) continue;
    const graph = await unlessNoBazel(client, () => readModuleGraph(client));
    return graph?.bzlmod ?? false;
  }
  return false;
}

function typeOf(label: string, starting: HashesDocument, final: HashesDocument): string | undefined {
  const value = final.hashes.get(label) ?? starting.hashes.get(label);
  return value === undefined ? undefined : parseHashValue(value)?.type;
}

/** A file made without --includePackageGroups looks like one of a workspace that has none. */
function warnWithoutGroups(client: BazelClient, ...documents: readonly HashesDocument[]): void {
  for (const { hashes } of documents)
    for (const value of hashes.values()) if (parseHashValue(value)?.type === 'PackageGroup') return;
  client.options.emit({
    type: 'warning',
    code: 'NO_PACKAGE_GROUPS',
    message:
      'no package group is in the hashes: the workspace has none, or the files were made without --includePackageGroups',
  });
}

function assertTyped(...documents: readonly HashesDocument[]): void {
  for (const document of documents)
    for (const [label, value] of document.hashes)
      if (parseHashValue(value)?.type === undefined)
        throw new DewarError({
          code: 'MISSING_TARGET_TYPES',
          message: `--targetType needs hashes with target types, and the value of ${label} has none`,
          mend: 'make both hashes files with `generate-hashes --includeTargetType`',
        });
}
