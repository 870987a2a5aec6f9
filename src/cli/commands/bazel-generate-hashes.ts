import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openEngine } from '../open-engine.ts';
import { CLIENT_OPTIONS, HASH_OPTIONS, TARGET_TYPE_OPTION } from '../../bazel/engine-flags.ts';

export const command: CommandSpec = defineCommand({
  name: 'bazel generate-hashes',
  summary: 'write a hash for each Bazel target of a workspace',
  description:
    "Asks Bazel for the build graph and hashes every target with everything it depends on. Flags, files and values are those of bazel-diff: either tool reads the other's files.",
  arguments: {
    outputPath: { description: 'where the hashes go, as JSON; stdout when absent' },
  },
  options: {
    ...CLIENT_OPTIONS,
    ...HASH_OPTIONS,
    targetType: TARGET_TYPE_OPTION,
    depEdgesFile: {
      long: 'depEdgesFile',
      short: 'd',
      kind: 'string',
      valueName: 'file',
      description: 'also write the dependency edges, which get-impacted-targets needs for distances',
    },
    graphIndex: {
      long: 'graph-index',
      kind: 'string',
      valueName: 'file',
      description:
        'also write the graph as the binary index that record keeps in a snapshot; the work tree must be exactly a commit',
    },
  },
  examples: [
    {
      command: 'dewar bazel generate-hashes -w . -b bazelisk /tmp/hashes.json',
      description: 'hash the workspace in this directory',
    },
    {
      command: 'dewar bazel generate-hashes -w . --graph-index /tmp/graph.idx /tmp/hashes.json',
      description: 'in a clean checkout: the hashes, and the index of the whole graph',
    },
  ],
  run: async ({
    options: { depEdgesFile, graphIndex, ...flags },
    arguments: { outputPath },
    json,
    ...context
  }) => {
    const [{ generateHashes }, { formatGraphHashes }, { toDependencyEdges }, files, { writeOutput }] =
      await Promise.all([
        import('../../bazel/generate-hashes.ts'),
        import('../../bazel/hash/format-graph-hashes.ts'),
        import('../../bazel/hash/to-hashes-document.ts'),
        import('../../bazel/hashes-file.ts'),
        import('../../platform/write-output.ts'),
      ]);
    const { client, engineOptions, digestCache } = await openEngine(flags, context);
    const keepDependencies = depEdgesFile !== undefined;
    const index = graphIndex === undefined ? undefined : resolve(context.cwd, graphIndex);
    const { openWorkTreeIndex } = await import('../../builtins.ts');
    const writeIndex =
      index === undefined
        ? undefined
        : await openWorkTreeIndex({ path: index, client, options: engineOptions, ...context });
    const result = await generateHashes(client, engineOptions, { keepDependencies, digestCache });
    const { graph, selection, moduleGraphJson } = result;
    if (depEdgesFile !== undefined)
      await files.writeDependencyEdges(depEdgesFile, toDependencyEdges(graph, selection));
    await writeIndex?.(result);
    const hashes = formatGraphHashes(graph, selection, moduleGraphJson);
    if (outputPath === undefined) return { text: hashes.toString('utf8') };
    await writeOutput(outputPath, hashes);
    const data = {
      output: outputPath,
      targets: graph.table.targetCount,
      partial: result.partial,
      problems: result.problems,
    };
    return json ? { data } : { text: '' };
  },
});
