import { changedModules } from '../impact/changed-modules.ts';
import { parseModuleGraph } from '../modules/module-graph.ts';
import type { ModuleChange } from './change.ts';

/**
 * @param before output of `bazel mod graph --output=json`
 * @returns the modules whose versions differ, by name; none when one of the graphs is not known
 */
export function moduleChanges(before: string | undefined, after: string | undefined): ModuleChange[] {
  const names = changedModules(before, after);
  if (names === undefined || before === undefined || after === undefined) return [];
  const [was, is] = [versionsOf(before), versionsOf(after)];
  return [...names].toSorted().map((name) => ({
    name,
    before: was.get(name)?.join(', ') ?? null,
    after: is.get(name)?.join(', ') ?? null,
  }));
}

/** @returns names by which labels may call the main repository */
export function mainRepositoryNames(...graphs: readonly (string | undefined)[]): Set<string> {
  const names = new Set<string>();
  for (const json of graphs) {
    const graph = json === undefined ? undefined : parseModuleGraph(json);
    const root = graph?.root === undefined ? undefined : graph.modules.get(graph.root);
    if (root !== undefined) names.add(root.name);
  }
  names.delete('');
  return names;
}

/** Several versions of one module may be in use. */
function versionsOf(json: string): Map<string, string[]> {
  const versions = new Map<string, string[]>();
  for (const { name, version } of parseModuleGraph(json)?.modules.values() ?? [])
    versions.set(name, [...(versions.get(name) ?? []), version].toSorted());
  return versions;
}
