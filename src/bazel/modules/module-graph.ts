import type { BazelClient } from '../query/bazel-client.ts';

export interface BazelModule {
  key: string;
  name: string;
  version: string;
  apparentName: string;
}

export interface ModuleGraph {
  /** Every module by key, the root included. */
  modules: ReadonlyMap<string, BazelModule>;
  root: string | undefined;
  /** Keys of the direct dependencies, by key. */
  dependencies: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface ModuleGraphResult {
  /** Whether `bazel mod graph` works, and with it bzlmod. */
  bzlmod: boolean;
  /** What `bazel mod graph --output=json` printed: trimmed, lines joined by \n. */
  json: string | undefined;
}

/** Asks Bazel for its module graph; one call where bzlmod is on and everything works. */
export async function readModuleGraph(client: BazelClient): Promise<ModuleGraphResult> {
  const version = await client.version();
  if (version !== undefined && Number.parseInt(version, 10) < 6) return { bzlmod: false, json: undefined };
  const json = await client.run(['mod', 'graph', '--output=json']);
  if (json.exitCode === 0) {
    const lines = json.stdout.toString('utf8').split(/\r?\n/);
    return { bzlmod: true, json: lines.join('\n').trim() };
  }
  const text = await client.run(['mod', 'graph']);
  return { bzlmod: text.exitCode === 0, json: undefined };
}

/** @returns undefined for text that is no module graph */
export function parseModuleGraph(json: string): ModuleGraph | undefined {
  let root: unknown;
  try {
    root = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isNode(root)) return undefined;
  const modules = new Map<string, BazelModule>();
  const dependencies = new Map<string, Set<string>>();
  const open: ModuleNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const module = toModule(node);
    if (module !== undefined && !modules.has(module.key)) modules.set(module.key, module);
    for (const child of childrenOf(node)) {
      if (node.key !== undefined && child.key !== undefined) addEdge(dependencies, node.key, child.key);
      open.push(child);
    }
  }
  return { modules, root: root.key, dependencies };
}

interface ModuleNode {
  key?: string;
  name?: string;
  version?: string;
  apparentName?: string;
  dependencies?: unknown;
  indirectDependencies?: unknown;
  cycles?: unknown;
}

/** A module counts only with a key, a non-empty name, a version (perhaps empty) and an apparent name. */
function toModule({ key, name, version, apparentName }: ModuleNode): BazelModule | undefined {
  if (typeof key !== 'string' || typeof name !== 'string' || name === '') return undefined;
  if (typeof version !== 'string' || typeof apparentName !== 'string') return undefined;
  return { key, name, version, apparentName };
}

/** `unexpanded` stubs are nodes too: their edges stand elsewhere, the edge to them counts here. */
function childrenOf(node: ModuleNode): ModuleNode[] {
  return [node.dependencies, node.indirectDependencies, node.cycles].flatMap((list) =>
    Array.isArray(list) ? list.filter(isNode) : [],
  );
}

function isNode(value: unknown): value is ModuleNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function addEdge(edges: Map<string, Set<string>>, from: string, to: string): void {
  const known = edges.get(from);
  if (known === undefined) edges.set(from, new Set([to]));
  else known.add(to);
}
