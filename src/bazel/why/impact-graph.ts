import { compareText } from '../../core/compare-text.ts';
import type { Change, ModuleChange } from './change.ts';
import type { Root } from './explain-roots.ts';
import type { NodeType } from './graph-view.ts';
import { packageText } from './graph-view.ts';
import type { ConeNode } from './impact-cone.ts';

/** JSON of `dewar bazel impact-graph`: everything that a commit impacts, and the ways there. */
export interface ImpactGraph {
  base_sha: string;
  target_sha: string;
  /** Errors were passed over in one of the graphs: targets may be missing. */
  partial: boolean;
  /** All impacted targets; `targets` has fewer when it was cut. */
  impacted: number;
  modules: readonly ModuleChange[];
  /** By name. */
  packages: readonly { name: string; targets: number }[];
  /** By distance, then label; each one's `via` is in the list too. */
  targets: readonly ImpactedTarget[];
}

export interface ImpactedTarget {
  label: string;
  type: NodeType;
  package: string;
  /** Dependency edges to the nearest target that changed itself. */
  distance: number;
  /** The next one on the shortest way to the change; null where the change is. */
  via: string | null;
  /** Impacted targets that it depends on. */
  dependencies: readonly string[];
  /** What changed here; null for one that is impacted through `via`. */
  changes: readonly Change[] | null;
  location: string | null;
}

type About = Pick<ImpactGraph, 'base_sha' | 'target_sha' | 'partial' | 'modules'>;

/**
 * @param roots what changed at the targets without a `via`
 * @param most keeps the nearest targets only; all when undefined
 */
export function impactGraph(
  about: About,
  cone: ReadonlyMap<string, ConeNode>,
  roots: ReadonlyMap<string, Root>,
  most: number | undefined,
): ImpactGraph {
  // A cone is in the order of distance, so that a cut never takes what a kept one is reached through.
  const nodes = [...cone.values()].slice(0, most);
  const kept = new Set(nodes.map(({ label }) => label));
  const packages = new Map<string, number>();
  const targets = nodes.map((node): ImpactedTarget => {
    const name = packageText(node.label);
    packages.set(name, (packages.get(name) ?? 0) + 1);
    const root = node.via === undefined ? roots.get(node.label) : undefined;
    return {
      label: node.label,
      type: node.type,
      package: name,
      distance: node.distance,
      via: node.via ?? null,
      dependencies: node.dependencies.filter((label) => kept.has(label)),
      changes: root?.changes ?? null,
      location: root?.location ?? null,
    };
  });
  return {
    ...about,
    impacted: cone.size,
    packages: [...packages]
      .map(([name, count]) => ({ name, targets: count }))
      .toSorted((a, b) => compareText(a.name, b.name)),
    targets,
  };
}
