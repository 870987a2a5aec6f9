import type { Registry } from '../route-argv.ts';
import { command as benchGenerate } from './bench-generate.ts';
import { cliDocsCommand } from './cli-docs.ts';
import { completionCommand } from './completion.ts';

/** Every command, in the order of the help. Command files are light: what they need to work, `run` imports. */
export const registry: Registry = {
  groups: {
    bazel: 'the Bazel engine alone, with the flags and files of bazel-diff',
    snapshots: 'look at the snapshots of a store',
    bench: 'make projects and measure',
  },
  commands: [benchGenerate, completionCommand(() => registry), cliDocsCommand(() => registry)],
};
