import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { CLIENT_OPTIONS, TARGET_TYPE_OPTION } from '../../bazel/engine-flags.ts';

export const command: CommandSpec = defineCommand({
  name: 'bazel get-impacted-targets',
  summary: 'list the targets that differ between two hashes files',
  description:
    'A target is impacted when it is new or its hash differs. Where the module graphs differ too, Bazel is asked in the workspace (which must be at the final commit) what depends on the changed modules.',
  options: {
    ...CLIENT_OPTIONS,
    workspacePath: { ...CLIENT_OPTIONS.workspacePath, required: false, default: '.' },
    startingHashes: {
      long: 'startingHashes',
      short: 'sh',
      kind: 'string',
      valueName: 'file',
      required: true,
      description: 'hashes of the starting commit',
    },
    finalHashes: {
      long: 'finalHashes',
      short: 'fh',
      kind: 'string',
      valueName: 'file',
      required: true,
      description: 'hashes of the final commit',
    },
    output: {
      long: 'output',
      short: 'o',
      kind: 'string',
      valueName: 'file',
      description:
        'where the labels go, one a line (with --depEdgesFile: JSON with distances); stdout when absent',
    },
    depEdgesFile: {
      long: 'depEdgesFile',
      short: 'd',
      kind: 'string',
      valueName: 'file',
      description: 'dependency edges of the final commit: write the distance of each target',
    },
    targetType: TARGET_TYPE_OPTION,
    excludeExternalTargets: {
      long: 'excludeExternalTargets',
      kind: 'boolean',
      default: undefined,
      negatable: true,
      description: 'leave out //external labels (default: when bzlmod is on)',
    },
    noBazelrc: {
      long: 'noBazelrc',
      kind: 'boolean',
      description: 'accepted for compatibility, without effect; use -so --ignore_all_rc_files',
    },
  },
  examples: [
    {
      command: 'dewar bazel get-impacted-targets -w . -sh base.json -fh target.json -o impacted.txt',
      description: 'compare two commits',
    },
  ],
  run: async ({ options, emit, signal, json, cwd }) => {
    const [{ BazelClient }, { impactedTargets }, files, { formatImpacted }, { writeOutput }] =
      await Promise.all([
        import('../../bazel/query/bazel-client.ts'),
        import('../../bazel/impact/impacted-targets.ts'),
        import('../../bazel/hashes-file.ts'),
        import('../../bazel/impact/format-impacted.ts'),
        import('../../platform/write-output.ts'),
      ]);
    const starting = await files.readHashesFile(options.startingHashes);
    const final = await files.readHashesFile(options.finalHashes);
    const edges =
      options.depEdgesFile === undefined ? undefined : await files.readDependencyEdges(options.depEdgesFile);
    const client = new BazelClient({
      workspacePath: resolve(cwd, options.workspacePath),
      bazelPath: options.bazelPath,
      startupOptions: options.bazelStartupOptions,
      emit,
      signal,
    });
    const impacted = await impactedTargets(client, starting, final, edges, {
      bazelCommandOptions: options.bazelCommandOptions,
      keepGoing: options.keepGoing,
      excludeExternalTargets: options.excludeExternalTargets,
      targetTypes: options.targetType.length === 0 ? undefined : options.targetType,
    });
    if (options.output !== undefined) await writeOutput(options.output, formatImpacted(impacted));
    if (json)
      return { data: { output: options.output, impacted: impacted.labels.length, targets: impacted.labels } };
    return { text: options.output === undefined ? formatImpacted(impacted) : '' };
  },
});
