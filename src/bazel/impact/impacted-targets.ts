import { DewarError } from '../../core/errors.ts';
import { compareText } from '../../core/compare-text.ts';
import type { BazelClient } from '../query/bazel-client.ts';
import { parseHashValue } from '../hashes-document.ts';
import type { DependencyEdges, HashesDocument } from '../hashes-document.ts';
import { readModuleGraph } from '../modules/module-graph.ts';
import { TARGET_TYPES } from '../target-type.ts';
import type { TargetType } from '../target-type.ts';
import { changedModules } from './changed-modules.ts';
import { distances } from './distances.ts';
import type { Distance } from './distances.ts';
import { hashDifference } from './hash-difference.ts';
import { moduleImpact } from './module-impact.ts';

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

  const kinds = kindsOf(impacted, starting, final);
  const labels = [...impacted]
    .filter((label) => dropped === undefined || !label.startsWith(dropped))
    .filter((label) => isSelected(kinds.get(label), options.targetTypes))
    .toSorted((a, b) => (kinds.get(a)?.order ?? 0) - (kinds.get(b)?.order ?? 0) || compareText(a, b));
  if (edges === undefined) return { labels, distances: undefined };
  const known = labels.filter((label) => final.hashes.has(label));
  return { labels, distances: new Map(known.map((label) => [label, all?.get(label) ?? HERE])) };
}

const EXTERNAL = '//external:';
const HERE: Distance = { targetDistance: 0, packageDistance: 0 };

interface LabelKind {
  type: string | undefined;
  /** Place in the output: known types, others, unknown. */
  order: number;
}

async function dropsExternal(
  client: BazelClient,
  impacted: ReadonlySet<string>,
  { excludeExternalTargets }: ImpactOptions,
): Promise<boolean> {
  if (excludeExternalTargets !== undefined) return excludeExternalTargets;
  for (const label of impacted) if (label.startsWith(EXTERNAL)) return (await readModuleGraph(client)).bzlmod;
  return false;
}

function kindsOf(
  labels: Iterable<string>,
  starting: HashesDocument,
  final: HashesDocument,
): Map<string, LabelKind> {
  const kinds = new Map<string, LabelKind>();
  for (const label of labels) {
    const value = final.hashes.get(label) ?? starting.hashes.get(label);
    const type = value === undefined ? undefined : parseHashValue(value)?.type;
    const place = TARGET_TYPES.indexOf(type as TargetType);
    kinds.set(label, { type, order: type === undefined ? 4 : place === -1 ? 3 : place });
  }
  return kinds;
}

function isSelected(kind: LabelKind | undefined, types: readonly TargetType[] | undefined): boolean {
  return types === undefined || types.includes(kind?.type as TargetType);
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
