import { CLIENT_OPTIONS, HASH_OPTIONS, TARGET_TYPE_OPTION } from '../../bazel/engine-flags.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openEngine } from '../open-engine.ts';

export const command: CommandSpec = defineCommand({
  name: 'bazel warmup',
  summary: 'load the build graph into the Bazel server, so that the next generate-hashes is warm',
  description:
    'Asks what generate-hashes with the same flags would ask, reads the files that it would read, and writes nothing.',
  options: { ...CLIENT_OPTIONS, ...HASH_OPTIONS, targetType: TARGET_TYPE_OPTION },
  examples: [{ command: 'dewar bazel warmup -w .', description: 'while a CI machine is being prepared' }],
  run: async ({ options, ...context }) => {
    const { generateHashes } = await import('../../bazel/generate-hashes.ts');
    const { client, engineOptions, digestCache } = await openEngine(options, context);
    const started = performance.now();
    const { graph, partial, problems } = await generateHashes(client, engineOptions, { digestCache });
    const ms = Math.round(performance.now() - started);
    return {
      data: { targets: graph.table.targetCount, partial, problems, ms },
      text: `${graph.table.targetCount} targets are loaded (${(ms / 1000).toFixed(1)} s)`,
    };
  },
});
