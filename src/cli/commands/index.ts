import type { Registry } from '../route-argv.ts';
import { command as benchGenerate } from './bench-generate.ts';
import { command as benchRun } from './bench-run.ts';
import { cliDocsCommand } from './cli-docs.ts';
import { completionCommand } from './completion.ts';
import { command as demo } from './demo.ts';

/** Every command, in the order of the help. Command files are light: what they need to work, `run` imports. */
export const registry: Registry = {
  groups: {
    bazel: 'the Bazel engine alone, with the flags and files of bazel-diff',
    snapshots: 'look at the snapshots of a store',
    bench: 'make projects and measure',
  },
  commands: [
    demo,
    benchGenerate,
    benchRun,
    completionCommand(() => registry),
    cliDocsCommand(() => registry),
  ],
};
