import { join } from 'node:path';
import { CLIENT_OPTIONS, HASH_OPTIONS, TARGET_TYPE_OPTION } from '../../bazel/engine-flags.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openEngine } from '../open-engine.ts';

export const command: CommandSpec = defineCommand({
  name: 'bazel fingerprint',
  summary: 'print the sha256 over everything but the commit that can change the build graph',
  description:
    'Two commits with the same fingerprint can share a snapshot: the same Bazel, lock file, rc files (imports included), .bazelversion, .bazelignore, names in the directory external, flags and environment. --json shows each component with a digest of its own, so that a difference is explained.',
  options: {
    ...CLIENT_OPTIONS,
    ...HASH_OPTIONS,
    targetType: TARGET_TYPE_OPTION,
    env: {
      long: 'env',
      kind: 'list',
      valueName: 'name',
      description: 'a variable that is part of the fingerprint too; may be repeated',
    },
  },
  examples: [
    {
      command: 'dewar bazel fingerprint -w . --json',
      description: 'what a snapshot of this workspace depends on',
    },
  ],
  run: async ({ options: { env: extraEnv, ...flags }, ...context }) => {
    const { env } = context;
    const [
      { assertWorkspace },
      { canonicalFlags },
      { PASSED_VARIABLES, graphVariables },
      { graphFingerprint },
      { readSeed },
      { listFiles },
      { readIfPresent },
      { passedEnvironment },
    ] = await Promise.all([
      import('../../bazel/assert-workspace.ts'),
      import('../../bazel/fingerprint/canonical-flags.ts'),
      import('../../bazel/fingerprint/environment.ts'),
      import('../../bazel/fingerprint/graph-fingerprint.ts'),
      import('../../bazel/hash/read-inputs.ts'),
      import('../../platform/list-files.ts'),
      import('../../platform/read-if-present.ts'),
      import('../../snapshot/passed-environment.ts'),
    ]);
    const { engineOptions } = await openEngine(flags, context);
    const { workspacePath } = engineOptions;
    await assertWorkspace(workspacePath);
    const passed = passedEnvironment(env, PASSED_VARIABLES, extraEnv);
    const fingerprint = await graphFingerprint({
      read: (path) => readIfPresent(join(workspacePath, path)),
      list: (directory) => listFiles(join(workspacePath, directory)),
      bazelPath: engineOptions.bazelPath,
      startupOptions: engineOptions.bazelStartupOptions,
      flags: canonicalFlags(engineOptions),
      seed: (await readSeed(engineOptions.seedFilepaths)).toString('hex'),
      graphEnv: graphVariables(passed, extraEnv),
      env: passed,
      emit: context.emit,
      signal: context.signal,
    });
    return { data: fingerprint, text: fingerprint.digest };
  },
});
