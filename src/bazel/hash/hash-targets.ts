import { hash } from 'node:crypto';
import type { DependencyEdges, HashesDocument } from '../hashes-document.ts';
import { HashSession } from './hash-session.ts';
import type { Framing, HashSettings } from './hash-session.ts';
import { toDependencyEdges, toHashesDocument } from './to-hashes-document.ts';

export interface HashTargetsOptions extends Partial<Omit<HashSettings, 'workspacePath'>> {
  workspacePath: string;
  /** Framing of each stream; all `query` when absent. */
  framings?: readonly Framing[];
  /** Root directories of fine-grained repositories, by name without `@`. */
  externalRoots?: ReadonlyMap<string, string>;
  includeTargetType?: boolean;
}

/**
 * Hashes the targets in recorded output of `bazel query` or `bazel cquery`, without running Bazel.
 * @param streams the outputs, in the order in which repeated names are resolved (the first one counts)
 * @throws DewarError BAD_QUERY_OUTPUT, DEPENDENCY_CYCLE, MISSING_GENERATING_RULE, SOURCE_UNREADABLE
 */
export async function hashTargets(
  streams: readonly (AsyncIterable<Uint8Array> | Iterable<Uint8Array>)[],
  options: HashTargetsOptions,
): Promise<{ hashes: HashesDocument; dependencyEdges: DependencyEdges }> {
  using session = new HashSession({
    configured: false,
    fineGrainedRepos: [],
    ignoredAttributes: [],
    alwaysAffectedTags: [],
    seed: hash('sha256', '', 'buffer'),
    keepDependencies: true,
    ...options,
  });
  for (const [index, stream] of streams.entries()) {
    const input = session.input(options.framings?.[index] ?? 'query');
    for await (const chunk of stream)
      input.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    input.end();
  }
  const graph = await session.finish(options.externalRoots);
  const selection = { includeTargetType: options.includeTargetType ?? false, targetTypes: undefined };
  return { hashes: toHashesDocument(graph, selection), dependencyEdges: toDependencyEdges(graph, selection) };
}
