import { Buffer } from 'node:buffer';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ReferenceRepository, ReferenceRule } from './decode-proto.ts';
import { sha256 } from './sha256.ts';

/** One node of `bazel mod graph --output=json`; children are full nodes, or stubs with `unexpanded`. */
export interface ModuleNode {
  key?: string | undefined;
  name?: string | undefined;
  version?: string | undefined;
  apparentName?: string | undefined;
  dependencies?: ModuleNode[] | undefined;
}

const moduleNode: z.ZodType<ModuleNode> = z.object({
  key: z.string().optional(),
  name: z.string().optional(),
  version: z.string().optional(),
  apparentName: z.string().optional(),
  get dependencies() {
    return z.array(moduleNode).optional();
  },
});

interface Module {
  key: string;
  name: string;
  version: string;
  apparentName: string;
}

export function parseModuleGraph(json: string): ModuleNode {
  return moduleNode.parse(JSON.parse(json));
}

/**
 * Canonical base repos (`name+segment`, `name~segment`) of the modules that differ between two module graphs, as they
 * occur in the labels of the final hashes. Empty: only the hash difference counts.
 */
export function changedBaseRepos(
  starting: string | undefined,
  final: string | undefined,
  finalLabels: readonly string[],
): string[] {
  if (starting === undefined || final === undefined || starting === final) return [];
  const before = modules(parseModuleGraph(starting));
  const after = modules(parseModuleGraph(final));
  if ((before.size === 0) !== (after.size === 0)) return [];
  const changed = new Set<string>();
  for (const [key, module] of after)
    if (before.get(key)?.version !== module.version) changed.add(module.name);
  for (const [key, module] of before) if (!after.has(key)) changed.add(module.name);
  const repos = finalLabels.flatMap((label) => {
    const match = /^@@(([^+~/]+)[+~][^+~/]*)\/\//.exec(label);
    return match?.[1] !== undefined && changed.has(match[2] ?? '') ? [match[1]] : [];
  });
  return [...new Set(repos)].toSorted();
}

/** The set of fine-grained repos with the modules that depend on a listed one, directly or not. */
export function expandFineGrained(repos: readonly string[], graphJson: string | undefined): string[] {
  if (graphJson === undefined) return [...repos];
  const root = parseModuleGraph(graphJson);
  const { nodes, edges } = flatten(root);
  const listed = new Set(repos);
  const reaches = (key: string, seen: ReadonlySet<string>): boolean =>
    [...(edges.get(key) ?? [])].some(
      (dep) => isListed(nodes.get(dep), listed) || (!seen.has(dep) && reaches(dep, new Set([...seen, dep]))),
    );
  const gained = [...nodes.values()].filter(
    (node) => node.key !== root.key && node.apparentName !== undefined && reaches(node.key ?? '', new Set()),
  );
  return [...new Set([...repos, ...gained.map((node) => `@${node.apparentName}`)])];
}

/**
 * The rules `//external:<name>` that stand for the repositories of `bazel mod show_repo`.
 * @param mapping output of `bazel mod dump_repo_mapping ""`: apparent -> canonical name
 */
export function externalRules(
  mapping: Readonly<Record<string, string>>,
  repositories: readonly ReferenceRepository[],
  graphJson: string | undefined,
  workspace: string,
): ReferenceRule[] {
  const kept = Object.entries(mapping).filter(([apparent, canonical]) => isUserRepo(apparent, canonical));
  const deps = moduleDependencies(kept, graphJson);
  return repositories.flatMap((repository) => {
    const apparent = kept
      .filter(([, canonical]) => canonical === repository.canonicalName)
      .map(([name]) => name);
    const names = apparent.length > 0 ? apparent : [repository.canonicalName];
    const attributes = [...repository.attributes];
    const contentHash = localRepositoryHash(repository, workspace);
    if (contentHash !== undefined)
      attributes.push({
        name: '_bazel_diff_content_hash',
        type: 2,
        stringValue: contentHash,
        stringListValue: [],
        raw: encodeStringAttribute('_bazel_diff_content_hash', contentHash),
      });
    return names.map((name) => ({
      kind: 'Rule' as const,
      name: `//external:${name}`,
      ruleClass: repository.repoRuleName ?? 'bzlmod_repo',
      attributes,
      ruleInputs: deps.get(repository.canonicalName) ?? [],
      configuredRuleInputs: [],
      ruleOutputs: [],
      environmentHash: undefined,
      instantiationStack: [],
    }));
  });
}

/** Whether an entry of the repo mapping is asked of `show_repo` or at least kept. */
export function isUserRepo(apparent: string, canonical: string): boolean {
  if (apparent === '' || canonical === '') return false;
  if (/^(bazel_tools|_builtins|local_config_|rules_java_builtin)/.test(canonical)) return false;
  return apparent !== 'bazel_tools' && apparent !== 'local_config_platform';
}

/** Canonical name -> sorted `//external:<apparent>` of the direct deps of its module. */
function moduleDependencies(
  mapping: readonly [string, string][],
  graphJson: string | undefined,
): Map<string, string[]> {
  const result = new Map<string, string[]>();
  if (graphJson === undefined) return result;
  const root = parseModuleGraph(graphJson);
  const { nodes, edges } = withoutBackEdges(root);
  const baseRepos = mapping.filter(([, canonical]) => canonical.split('+').length === 2);
  // Module name -> its repo; the last one wins.
  const repoOfModule = new Map(
    baseRepos.map(([apparent, canonical]) => [canonical.split('+')[0] ?? '', apparent]),
  );
  for (const [, canonical] of baseRepos) {
    const module = canonical.split('+')[0] ?? '';
    const names = [...nodes.values()]
      .filter((node) => node.name === module)
      .flatMap((node) => [...(edges.get(node.key ?? '') ?? [])])
      .map((key) => nodes.get(key)?.name)
      .filter((name) => name !== undefined && name !== module)
      .flatMap((name) => repoOfModule.get(name ?? '') ?? []);
    result.set(canonical, [...new Set(names)].map((name) => `//external:${name}`).toSorted());
  }
  return result;
}

function localRepositoryHash(repository: ReferenceRepository, workspace: string): string | undefined {
  if (repository.repoRuleName !== 'local_repository') return undefined;
  const path = repository.attributes.find((attribute) => attribute.name === 'path')?.stringValue;
  if (path === undefined) return undefined;
  const root = path.startsWith('/') ? path : join(workspace, path);
  if (!existsSync(root)) return undefined;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(root, file)).isFile() && file !== 'MODULE.bazel.lock')
    .toSorted();
  const zero = new Uint8Array([0]);
  return sha256(...files.flatMap((file) => [file, zero, readFileSync(join(root, file)), zero])).toString(
    'hex',
  );
}

/** `Attribute { name, type: STRING, string_value }` */
function encodeStringAttribute(name: string, value: string): Uint8Array {
  return Buffer.concat([textField(0x0a, name), Buffer.from([0x10, 2]), textField(0x2a, value)]);
}

/** @param text shorter than 128 bytes */
function textField(tag: number, text: string): Buffer {
  return Buffer.concat([Buffer.from([tag, Buffer.byteLength(text)]), Buffer.from(text)]);
}

/** Key -> module, of the nodes that are complete enough to be compared. */
function modules(root: ModuleNode): Map<string, Module> {
  const found = new Map<string, Module>();
  for (const { key, name, version, apparentName } of flatten(root).nodes.values())
    if (
      key !== undefined &&
      name !== undefined &&
      name !== '' &&
      version !== undefined &&
      apparentName !== undefined
    )
      found.set(key, { key, name, version, apparentName });
  return found;
}

interface FlatGraph {
  /** The most complete node of each key. */
  nodes: Map<string, ModuleNode>;
  edges: Map<string, Set<string>>;
}

function flatten(root: ModuleNode): FlatGraph {
  const graph: FlatGraph = { nodes: new Map(), edges: new Map() };
  const visit = (node: ModuleNode): void => {
    if (node.key === undefined) return;
    if (graph.nodes.get(node.key)?.name === undefined) graph.nodes.set(node.key, node);
    const edges = graph.edges.get(node.key) ?? new Set<string>();
    graph.edges.set(node.key, edges);
    for (const child of node.dependencies ?? []) {
      if (child.key !== undefined) edges.add(child.key);
      visit(child);
    }
  };
  visit(root);
  return graph;
}

/** Drops the edges that lead back to a node of the current path of a depth-first search in name order. */
function withoutBackEdges(root: ModuleNode): FlatGraph {
  const { nodes, edges } = flatten(root);
  const kept = new Map<string, Set<string>>();
  const state = new Map<string, 'open' | 'done'>();
  const byName = (keys: Iterable<string>): string[] =>
    [...keys].toSorted((a, b) => ((nodes.get(a)?.name ?? a) < (nodes.get(b)?.name ?? b) ? -1 : 1));
  const visit = (key: string): void => {
    state.set(key, 'open');
    kept.set(key, new Set());
    for (const dep of byName(edges.get(key) ?? [])) {
      if (state.get(dep) === 'open') continue;
      kept.get(key)?.add(dep);
      if (!state.has(dep)) visit(dep);
    }
    state.set(key, 'done');
  };
  for (const key of byName(nodes.keys())) if (!state.has(key)) visit(key);
  return { nodes, edges: kept };
}

function isListed(node: ModuleNode | undefined, listed: ReadonlySet<string>): boolean {
  return node?.apparentName !== undefined && listed.has(`@${node.apparentName}`);
}
