import { parseModuleGraph } from '../modules/module-graph.ts';
import type { BazelModule, ModuleGraph } from '../modules/module-graph.ts';

/**
 * @returns names of the modules that were added, removed or have another version; undefined when the graphs are equal
 *   or cannot be compared (one of them has no modules at all)
 */
export function changedModules(
  startingJson: string | undefined,
  finalJson: string | undefined,
): ReadonlySet<string> | undefined {
  if (startingJson === undefined || finalJson === undefined || startingJson === finalJson) return undefined;
  const starting = modulesOf(startingJson);
  const final = modulesOf(finalJson);
  if ((starting.size === 0) !== (final.size === 0)) return undefined;
  const changed = new Set<string>();
  for (const [key, module] of starting)
    if (final.get(key)?.version !== module.version) changed.add(module.name);
  for (const [key, module] of final)
    if (starting.get(key)?.version !== module.version) changed.add(module.name);
  return changed;
}

function modulesOf(json: string): ReadonlyMap<string, BazelModule> {
  const graph: ModuleGraph | undefined = parseModuleGraph(json);
  return graph?.modules ?? new Map();
}
