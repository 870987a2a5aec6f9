import { DewarError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { parseHashValue } from '../hashes-document.ts';
import type { DependencyEdges, HashesDocument } from '../hashes-document.ts';
import { packageOf } from '../labels.ts';

export interface Distance {
  /** Edges to the nearest directly changed target. */
  targetDistance: number;
  /** Edges that cross packages, on the way that crosses fewest. */
  packageDistance: number;
}

/**
 * How far each impacted target is from what changed: a search outwards from what changed directly, so that a cycle (of
 * package groups) does no harm as long as something in it or below it changed.
 * @throws DewarError DEPENDENCY_CYCLE
 */
export function distances(
  impacted: ReadonlySet<string>,
  starting: HashesDocument,
  final: HashesDocument,
  edges: DependencyEdges,
  emit: Emit,
): Map<string, Distance> {
  const users = new Map<string, string[]>();
  const sources: string[] = [];
  for (const label of impacted) {
    if (isDirect(label, starting, final)) {
      sources.push(label);
      continue;
    }
    const dependencies = new Set((edges.get(label) ?? []).filter((dependency) => impacted.has(dependency)));
    if (dependencies.size === 0) {
      sources.push(label);
      emit({
        type: 'warning',
        code: 'NO_IMPACTED_DEPENDENCY',
        message: `${label} is impacted, but none of its dependencies is: are the edges of the final commit?`,
      });
    }
    for (const dependency of dependencies) {
      const known = users.get(dependency);
      if (known === undefined) users.set(dependency, [label]);
      else known.push(label);
    }
  }
  const targets = nearest(sources, users, () => 1);
  const packages = nearest(sources, users, (a, b) => (packageOf(a) === packageOf(b) ? 0 : 1));
  const found = new Map<string, Distance>();
  for (const label of impacted) {
    const targetDistance = targets.get(label);
    const packageDistance = packages.get(label);
    if (targetDistance === undefined || packageDistance === undefined) throw cycle(label);
    found.set(label, { targetDistance, packageDistance });
  }
  return found;
}

function isDirect(label: string, starting: HashesDocument, final: HashesDocument): boolean {
  const before = starting.hashes.get(label);
  const after = final.hashes.get(label);
  if (before === undefined || after === undefined) return true;
  return parseHashValue(before)?.directHash !== parseHashValue(after)?.directHash;
}

/**
 * @param length of the way from a label to one of its users: 0 or 1
 * @returns the length of the shortest way from a source to each label that is reached
 */
function nearest(
  sources: readonly string[],
  users: ReadonlyMap<string, readonly string[]>,
  length: (from: string, to: string) => 0 | 1,
): Map<string, number> {
  const found = new Map<string, number>();
  let now = [...sources];
  for (let distance = 0; now.length > 0; distance++) {
    const next: string[] = [];
    // Grows while it is walked, by what is as near.
    for (const label of now) {
      if (found.has(label)) continue;
      found.set(label, distance);
      for (const user of users.get(label) ?? []) (length(label, user) === 0 ? now : next).push(user);
    }
    now = next;
  }
  return found;
}

function cycle(label: string): DewarError {
  return new DewarError({
    code: 'DEPENDENCY_CYCLE',
    message: `the dependency edges have a cycle through ${label}`,
    mend: 'make the edges file anew with `dewar bazel generate-hashes --depEdgesFile` at the final commit',
  });
}
