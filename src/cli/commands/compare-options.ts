import { resolve } from 'node:path';
import type { StringOption } from '../command.ts';
import { ENGINE_OPTIONS, STORE_OPTION, WORKSPACE_OPTION, programOf } from './snapshot-options.ts';

/** A type, not an interface: only such a one is a table of options. */
type CompareTable = {
  workspace: StringOption & { default: string };
  baseSha: StringOption;
  targetSha: StringOption & { default: string };
  store: StringOption;
  bazel: typeof ENGINE_OPTIONS.bazel;
  flags: typeof ENGINE_OPTIONS.flags;
  env: typeof ENGINE_OPTIONS.env;
};

/** Options of the commands that compare the graphs of two commits. */
export const COMPARE_OPTIONS: CompareTable = {
  workspace: { ...WORKSPACE_OPTION, short: 'w' },
  baseSha: {
    long: 'base-sha',
    kind: 'string',
    valueName: 'revision',
    description: 'the commit to compare with (default: the first parent of the target)',
  },
  targetSha: {
    long: 'target-sha',
    kind: 'string',
    valueName: 'revision',
    default: 'HEAD',
    description: 'the commit whose impacted targets it is about',
  },
  store: {
    ...STORE_OPTION,
    required: false,
    description: 'a directory of snapshots: one of the base saves its query',
  },
  bazel: ENGINE_OPTIONS.bazel,
  flags: ENGINE_OPTIONS.flags,
  env: ENGINE_OPTIONS.env,
};

interface CompareValues {
  workspace: string;
  baseSha: string | undefined;
  targetSha: string;
  store: string | undefined;
  bazel: string | undefined;
  flags: readonly string[];
  env: readonly string[];
}

/** @returns the options of `compareCommits` that a command line gives */
export function compareOptions(
  options: CompareValues,
  cwd: string,
  env: Readonly<Record<string, string>>,
): {
  workspace: string;
  store: string | undefined;
  target: string;
  base: string | undefined;
  program: string | undefined;
  flags: readonly string[];
  extraEnv: readonly string[];
  env: Readonly<Record<string, string>>;
} {
  return {
    workspace: resolve(cwd, options.workspace),
    store: options.store === undefined ? undefined : resolve(cwd, options.store),
    target: options.targetSha,
    base: options.baseSha,
    program: programOf(options.bazel, cwd),
    flags: options.flags,
    extraEnv: options.env,
    env,
  };
}
