import { FrameSplitter } from '../query/frame-splitter.ts';
import type { BazelClient } from '../query/bazel-client.ts';
import { ATTRIBUTE, REPOSITORY, RULE, TARGET, TARGET_TYPE } from '../query/field-numbers.ts';
import { ProtoWriter } from '../query/proto-writer.ts';
import { WIRE, WireReader } from '../query/wire.ts';
import { compareText } from '../../core/compare-text.ts';
import { digestLocalRepository } from './local-repository-digest.ts';
import type { ModuleGraph } from './module-graph.ts';

/**
 * The repositories of bzlmod as rules `//external:<apparent name>`, so that a change of one reaches its users. From
 * Bazel 8.6 on (`mod show_repo --output=streamed_proto`); an older one has none, and a failure is a warning.
 * @returns the bytes of one `blaze_query.Target` per apparent name
 */
export async function readRepositoryRules(
  client: BazelClient,
  graph: ModuleGraph | undefined,
): Promise<Uint8Array[]> {
  const apparentNames = await readRepoMapping(client);
  const canonicalNames = [...apparentNames.keys()].filter((name) => /[+~]/.test(name));
  if (canonicalNames.length === 0) return [];
  const repositories = await showRepositories(client, canonicalNames);
  const inputs = moduleInputs(repositories, apparentNames, graph);
  const rules: Uint8Array[] = [];
  for (const repository of repositories) {
    const attributes = [...repository.attributes];
    if (repository.ruleName === 'local_repository') {
      const digest = await digestLocalRepository(client.options.workspacePath, pathOf(attributes));
      if (digest !== undefined) attributes.push(stringAttribute('_bazel_diff_content_hash', digest));
    }
    for (const name of namesOf(repository, apparentNames))
      rules.push(toTarget(name, repository, attributes, inputs.get(repository.canonicalName) ?? []));
  }
  return rules;
}

interface Repository {
  canonicalName: string;
  ruleName: string;
  attributes: readonly Uint8Array[];
}

/** @returns apparent names by canonical name, in the order that Bazel prints them */
async function readRepoMapping(client: BazelClient): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  const result = await client.run(['mod', 'dump_repo_mapping', '']);
  if (result.exitCode !== 0) return warn(client, 'mod dump_repo_mapping failed', names);
  let mapping: unknown;
  try {
    mapping = JSON.parse(result.stdout.toString('utf8'));
  } catch {
    return warn(client, 'mod dump_repo_mapping printed no JSON', names);
  }
  for (const [apparent, canonical] of Object.entries(mapping as Record<string, unknown>)) {
    if (apparent === '' || typeof canonical !== 'string' || canonical === '') continue;
    if (SKIPPED_APPARENT.has(apparent) || SKIPPED_CANONICAL.some((prefix) => canonical.startsWith(prefix)))
      continue;
    names.set(canonical, [...(names.get(canonical) ?? []), apparent]);
  }
  return names;
}

const SKIPPED_APPARENT: ReadonlySet<string> = new Set(['bazel_tools', 'local_config_platform']);
const SKIPPED_CANONICAL = ['bazel_tools', '_builtins', 'local_config_', 'rules_java_builtin'];

async function showRepositories(
  client: BazelClient,
  canonicalNames: readonly string[],
): Promise<Repository[]> {
  const args = ['mod', 'show_repo', ...canonicalNames.map((name) => `@@${name}`), '--output=streamed_proto'];
  const result = await client.run(args);
  if (result.exitCode !== 0) return warn(client, 'mod show_repo --output=streamed_proto failed', []);
  const repositories: Repository[] = [];
  const splitter = new FrameSplitter((buffer, start, end) => repositories.push(decode(buffer, start, end)));
  splitter.push(result.stdout);
  splitter.end();
  return repositories;
}

function decode(buffer: Uint8Array, start: number, end: number): Repository {
  const reader = new WireReader().reset(buffer, start, end);
  const attributes: Uint8Array[] = [];
  let canonicalName = '';
  let ruleName = '';
  while (reader.position < end) {
    const tag = reader.varint();
    if ((tag & 7) !== WIRE.bytes) {
      reader.skip(tag & 7);
      continue;
    }
    const bytes = Buffer.from(buffer.subarray(reader.bytes(), reader.position));
    if (tag >> 3 === REPOSITORY.canonicalName) canonicalName = bytes.toString('utf8');
    else if (tag >> 3 === REPOSITORY.repoRuleName) ruleName = bytes.toString('utf8');
    else if (tag >> 3 === REPOSITORY.attribute) attributes.push(bytes);
  }
  return { canonicalName, ruleName, attributes };
}

/** @returns the sorted `//external:` labels of the direct dependencies of each repository's module, by canonical name */
function moduleInputs(
  repositories: readonly Repository[],
  apparentNames: ReadonlyMap<string, readonly string[]>,
  graph: ModuleGraph | undefined,
): Map<string, string[]> {
  const inputs = new Map<string, string[]>();
  if (graph === undefined) return inputs;
  const labelOfModule = new Map<string, string>();
  for (const repository of repositories) {
    const module = moduleOf(repository.canonicalName);
    const name = namesOf(repository, apparentNames).at(-1);
    if (module !== undefined && name !== undefined) labelOfModule.set(module, `//external:${name}`);
  }
  const dependencies = acyclicDependencies(graph);
  for (const { canonicalName } of repositories) {
    const module = moduleOf(canonicalName);
    if (module === undefined) continue;
    const labels = [...(dependencies.get(module) ?? [])]
      .filter((name) => name !== module)
      .flatMap((name) => labelOfModule.get(name) ?? []);
    inputs.set(canonicalName, [...new Set(labels)].toSorted(compareText));
  }
  return inputs;
}

/** @returns the module of a canonical name with exactly one `+` */
function moduleOf(canonicalName: string): string | undefined {
  const parts = canonicalName.split('+');
  return parts.length === 2 ? parts[0] : undefined;
}

/** @returns names of direct dependencies by name, without the edges that close a cycle in a walk in name order */
function acyclicDependencies(graph: ModuleGraph): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const module of graph.modules.values()) {
    const targets = edges.get(module.name) ?? new Set();
    for (const key of graph.dependencies.get(module.key) ?? []) {
      const dependency = graph.modules.get(key);
      if (dependency !== undefined) targets.add(dependency.name);
    }
    edges.set(module.name, targets);
  }
  const states = new Map<string, 'open' | 'done'>();
  const visit = (name: string): void => {
    states.set(name, 'open');
    for (const next of [...(edges.get(name) ?? [])].toSorted(compareText)) {
      if (states.get(next) === 'open') edges.get(name)?.delete(next);
      else if (states.get(next) === undefined) visit(next);
    }
    states.set(name, 'done');
  };
  for (const name of [...edges.keys()].toSorted(compareText)) if (states.get(name) === undefined) visit(name);
  return edges;
}

function namesOf(
  repository: Repository,
  apparentNames: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  return apparentNames.get(repository.canonicalName) ?? [repository.canonicalName];
}

function toTarget(
  name: string,
  repository: Repository,
  attributes: readonly Uint8Array[],
  inputs: readonly string[],
): Uint8Array {
  const rule = new ProtoWriter()
    .text(RULE.name, `//external:${name}`)
    .text(RULE.ruleClass, repository.ruleName === '' ? 'bzlmod_repo' : repository.ruleName);
  for (const attribute of attributes) rule.bytes(RULE.attribute, attribute);
  for (const input of inputs) rule.text(RULE.ruleInput, input);
  return new ProtoWriter().varint(TARGET.type, TARGET_TYPE.rule).bytes(TARGET.rule, rule.finish()).finish();
}

const STRING_TYPE = 2;
const STRING_VALUE = 5;

function stringAttribute(name: string, value: string): Uint8Array {
  return new ProtoWriter()
    .text(ATTRIBUTE.name, name)
    .varint(2, STRING_TYPE)
    .text(STRING_VALUE, value)
    .finish();
}

function pathOf(attributes: readonly Uint8Array[]): string | undefined {
  for (const attribute of attributes) {
    const reader = new WireReader().reset(attribute, 0, attribute.length);
    let name = '';
    let value = '';
    while (reader.position < attribute.length) {
      const tag = reader.varint();
      if ((tag & 7) !== WIRE.bytes) {
        reader.skip(tag & 7);
        continue;
      }
      const text = Buffer.from(attribute.subarray(reader.bytes(), reader.position)).toString('utf8');
      if (tag >> 3 === ATTRIBUTE.name) name = text;
      else if (tag >> 3 === STRING_VALUE) value = text;
    }
    if (name === 'path') return value;
  }
  return undefined;
}

async function warn<T>(client: BazelClient, message: string, result: T): Promise<T> {
  // A Bazel that does not tell its version was only tried.
  const type = (await client.version()) === undefined ? 'debug' : 'warning';
  client.options.emit({
    type,
    code: 'REPOSITORIES_UNKNOWN',
    message: `${message}: changes of external repositories are seen only through the module graph`,
  });
  return result;
}
