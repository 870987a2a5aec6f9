import { compareText } from '../../core/compare-text.ts';
import type { GraphPair } from './graph-pair.ts';
import { sameDigest } from './graph-view.ts';
import type { NodeType } from './graph-view.ts';

/** An impacted target, and how the change came to it. */
export interface ConeNode {
  label: string;
  type: NodeType;
  /**
   * Dependency edges to the nearest target that changed itself, as `get-impacted-targets` counts them; of those that
   * only a changed module reaches, to the nearest that has no impacted dependency.
   */
  distance: number;
  /** The next one on the shortest way to what changed; undefined where the change itself is. */
  via: string | undefined;
  /** Impacted targets that it depends on, sorted. */
  dependencies: readonly string[];
  /** No hash differs: Bazel says that a changed module reaches it. */
  byModule: boolean;
}

/**
 * All impacted targets of two graphs, nearest first, ties by label. Of several shortest ways, the one whose labels
 * sort first counts.
 * @param byModules further labels that changed modules reach
 */
export function impactCone(
  pair: GraphPair,
  byModules: ReadonlySet<string> = new Set(),
): Map<string, ConeNode> {
  const open = new Map<string, ConeNode>();
  for (const { label, type } of pair.after.targets()) {
    const differs = pair.differs(label);
    if (!differs && !byModules.has(label)) continue;
    const node = { label, type, distance: -1, via: undefined, dependencies: [], byModule: !differs };
    open.set(label, node);
  }
  const users = new Map<string, string[]>();
  for (const node of open.values()) {
    node.dependencies = impactedDependencies(pair, node, open);
    for (const dependency of node.dependencies) {
      const known = users.get(dependency);
      if (known === undefined) users.set(dependency, [node.label]);
      else known.push(node.label);
    }
  }
  return walk(pair, open, users);
}

/** A source file counts where it is what changed a rule: its user is at distance 0 then, as the file itself is. */
function impactedDependencies(
  { before, after }: GraphPair,
  { label, type }: ConeNode,
  impacted: ReadonlyMap<string, ConeNode>,
): string[] {
  const inputs = {
    Rule: () =>
      after
        .inputs(label)
        .filter(
          (input) =>
            after.standsForRule(input, label) ||
            (after.type(input) === 'SourceFile' &&
              !sameDigest(before.sourceDigest(input), after.sourceDigest(input))),
        ),
    GeneratedFile: () => [after.generatingRule(label) as string],
    PackageGroup: () => after.includedGroups(label),
    SourceFile: () => [],
  }[type]();
  return inputs.filter((input) => impacted.has(input)).toSorted(compareText);
}

function walk(
  pair: GraphPair,
  open: ReadonlyMap<string, ConeNode>,
  users: ReadonlyMap<string, readonly string[]>,
): Map<string, ConeNode> {
  const cone = new Map<string, ConeNode>();
  let ring: ConeNode[] = [];
  for (const node of open.values()) {
    const isRoot = node.byModule ? node.dependencies.length === 0 : pair.isRoot(node.label);
    if (isRoot) ring.push(node);
  }
  for (const node of ring) node.via = wayOutOfRoot(pair, node, open);
  for (let distance = 0; ring.length > 0; distance++) {
    ring.sort((a, b) => compareText(a.label, b.label));
    for (const node of ring) {
      node.distance = distance;
      cone.set(node.label, node);
    }
    const next = new Map<string, ConeNode>();
    for (const { label } of ring)
      for (const user of users.get(label) ?? []) {
        const node = open.get(user) as ConeNode;
        if (node.distance !== -1 || next.has(user)) continue;
        node.via = label;
        next.set(user, node);
      }
    ring = [...next.values()];
  }
  // Not reached by anything that changed; it is shown as a root whose change is unknown.
  for (const node of open.values()) if (node.distance === -1) cone.set(node.label, { ...node, distance: 0 });
  return cone;
}

/** A generated file has the hashes of its rule, so that it changes itself when the rule does: the rule says why. */
function wayOutOfRoot(
  { before, after }: GraphPair,
  { label, type, byModule }: ConeNode,
  open: ReadonlyMap<string, ConeNode>,
): string | undefined {
  if (type !== 'GeneratedFile' || byModule) return undefined;
  const rule = after.generatingRule(label) as string;
  const known = before.type(label);
  const moved = known !== undefined && (known !== type || before.generatingRule(label) !== rule);
  return moved || !open.has(rule) ? undefined : rule;
}

/** @returns the labels from the target that changed itself to this one; throws for a label outside of the cone */
export function chainTo(cone: ReadonlyMap<string, ConeNode>, label: string): string[] {
  const chain: string[] = [];
  for (let at: string | undefined = label; at !== undefined; at = cone.get(at)?.via) chain.unshift(at);
  return chain;
}
