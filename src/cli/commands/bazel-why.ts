import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { COMPARE_OPTIONS, compareOptions } from './compare-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'bazel why',
  summary: 'say why a commit impacts a target: what changed, and the way from there',
  description: `Compares the graphs of two commits of the workspace's repository and prints, for each target, the shortest chain of dependencies from something that changed itself to the target, and what changed there: attributes with their values, files, .bzl files, inputs, modules. A target that is not impacted is said to be so.

Work trees are not touched: Bazel runs in a work tree and with a server of its own. docs/why.md has the changes that it knows.`,
  arguments: {
    targets: {
      name: 'target',
      description: 'a label, as //a/b or //a/b:c; several may be given',
      required: true,
      variadic: true,
    },
  },
  options: COMPARE_OPTIONS,
  examples: [
    { command: 'dewar bazel why //app:server', description: 'why HEAD impacts it, compared with its parent' },
    {
      command:
        'dewar bazel why //app:server //lib:util --base-sha main --target-sha feature --store /var/cache/dewar-store',
      description: 'two targets, two branches; the graph of the base from a snapshot',
    },
  ],
  run: async ({ options, arguments: { targets }, emit, signal, env, cwd }) => {
    const { DEFAULT_DRIVER, loadDriver, loadEngine, loadExplainer } = await import('../../builtins.ts');
    const explainer = await loadExplainer();
    const driver = await loadDriver(DEFAULT_DRIVER, await loadEngine(), env);
    const report = await explainer.why(targets, compareOptions(options, cwd, env), driver, { emit, signal });
    const { formatWhy } = await import('../../bazel/why/format-why.ts');
    return { data: report, text: formatWhy(report) };
  },
});
