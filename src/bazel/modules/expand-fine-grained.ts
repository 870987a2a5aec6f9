import type { ModuleGraph } from './module-graph.ts';

/**
 * The user's fine-grained repositories and those of all modules that depend on one of them, directly or not: their
 * targets are inputs of others only by way of labels that would not be hashed otherwise.
 */
export function expandFineGrained(repos: readonly string[], graph: ModuleGraph): string[] {
  const expanded = new Set(repos);
  const names = new Set(repos.map((repo) => repo.replace(/^@+/, '')));
  const dependents = reversed(graph.dependencies);
  const open = [...graph.modules.values()]
    .filter(({ apparentName }) => names.has(apparentName))
    .map(({ key }) => key);
  const seen = new Set(open);
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    for (const dependent of dependents.get(key) ?? []) {
      if (seen.has(dependent) || dependent === graph.root) continue;
      seen.add(dependent);
      open.push(dependent);
      const module = graph.modules.get(dependent);
      if (module !== undefined) expanded.add(`@${module.apparentName}`);
    }
  }
  return [...expanded];
}

function reversed(edges: ModuleGraph['dependencies']): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const [from, targets] of edges)
    for (const to of targets) dependents.set(to, [...(dependents.get(to) ?? []), from]);
  return dependents;
}
