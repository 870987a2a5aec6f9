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
 * How far each impacted target is from what changed.
 * @throws DewarError DEPENDENCY_CYCLE
 */
export function distances(
  impacted: ReadonlySet<string>,
  starting: HashesDocument,
  final: HashesDocument,
  edges: DependencyEdges,
  emit: Emit,
): Map<string, Distance> {
  const found = new Map<string, Distance>();
  const visiting = new Set<string>();
  for (const root of impacted) {
    const stack = [root];
    while (stack.length > 0) {
      const label = stack.at(-1) as string;
      if (found.has(label)) {
        stack.pop();
        continue;
      }
      if (isDirect(label, starting, final)) {
        found.set(label, { targetDistance: 0, packageDistance: 0 });
        continue;
      }
      const dependencies = (edges.get(label) ?? []).filter((dependency) => impacted.has(dependency));
      const missing = dependencies.filter((dependency) => !found.has(dependency));
      if (missing.length === 0) {
        visiting.delete(label);
        found.set(label, nearest(label, dependencies, found, emit));
        continue;
      }
      if (visiting.has(label)) throw cycle(label);
      visiting.add(label);
      stack.push(...missing);
    }
  }
  return found;
}

function isDirect(label: string, starting: HashesDocument, final: HashesDocument): boolean {
  const before = starting.hashes.get(label);
  const after = final.hashes.get(label);
  if (before === undefined || after === undefined) return true;
  return parseHashValue(before)?.directHash !== parseHashValue(after)?.directHash;
}

function nearest(
  label: string,
  dependencies: readonly string[],
  found: ReadonlyMap<string, Distance>,
  emit: Emit,
): Distance {
  let targetDistance = Infinity;
  let packageDistance = Infinity;
  for (const dependency of dependencies) {
    const distance = found.get(dependency);
    if (distance === undefined) continue;
    targetDistance = Math.min(targetDistance, distance.targetDistance + 1);
    const crossing = packageOf(dependency) === packageOf(label) ? 0 : 1;
    packageDistance = Math.min(packageDistance, distance.packageDistance + crossing);
  }
  if (targetDistance !== Infinity) return { targetDistance, packageDistance };
  emit({
    type: 'warning',
    code: 'NO_IMPACTED_DEPENDENCY',
    message: `${label} is impacted, but none of its dependencies is: are the edges of the final commit?`,
  });
  return { targetDistance: 0, packageDistance: 0 };
}

function cycle(label: string): DewarError {
  return new DewarError({
    code: 'DEPENDENCY_CYCLE',
    message: `the dependency edges have a cycle through ${label}`,
    mend: 'make the edges file anew with `dewar bazel generate-hashes --depEdgesFile` at the final commit',
  });
}
