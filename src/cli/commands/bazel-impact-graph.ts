import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { COMPARE_OPTIONS, compareOptions } from './compare-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'bazel impact-graph',
  summary: 'draw what a commit impacts: an HTML page, DOT or JSON',
  description: `Compares the graphs of two commits of the workspace's repository and writes all impacted targets: how far each is from what changed, the way there, and what changed.

html is one page that opens from a file and uses no network: rings by distance, packages to open and close, search, and the chain of each target. dot is for Graphviz. Of more than --limit targets these two show the nearest, and say so; json has all.`,
  options: {
    ...COMPARE_OPTIONS,
    format: {
      long: 'format',
      kind: 'string',
      choices: ['html', 'dot', 'json'],
      default: 'html',
      description: 'what to write',
    },
    out: {
      long: 'out',
      kind: 'string',
      valueName: 'file',
      description: 'where it goes; stdout when absent',
    },
    limit: {
      long: 'limit',
      kind: 'integer',
      valueName: 'targets',
      default: 5000,
      min: 1,
      description: 'show at most this many targets, the nearest (html and dot)',
    },
  },
  examples: [
    {
      command: 'dewar bazel impact-graph --target-sha HEAD --out impact.html',
      description: 'a page about the last commit',
    },
    {
      command: 'dewar bazel impact-graph --base-sha main --format dot --out impact.dot',
      description: 'for Graphviz: dot -Tsvg impact.dot',
    },
  ],
  run: async ({ options, emit, signal, env, cwd, json }) => {
    const { DEFAULT_DRIVER, loadDriver, loadEngine, loadExplainer } = await import('../../builtins.ts');
    const { assertWritableOutput, writeOutput } = await import('../../platform/write-output.ts');
    const out = options.out === undefined ? undefined : resolve(cwd, options.out);
    if (out !== undefined) await assertWritableOutput(out);
    const explainer = await loadExplainer();
    const driver = await loadDriver(DEFAULT_DRIVER, await loadEngine(), env);
    const { graph, content } = await explainer.drawImpact(
      options.format,
      options.format === 'json' ? undefined : options.limit,
      compareOptions(options, cwd, env),
      driver,
      { emit, signal },
    );
    if (out === undefined) return json ? { data: graph } : { text: content };
    await writeOutput(out, content);
    const { base_sha, target_sha, impacted, targets, partial } = graph;
    return {
      data: { base_sha, target_sha, impacted, shown: targets.length, partial, format: options.format, out },
      text: `${summary(impacted, targets.length)} in ${options.out ?? ''}`,
    };
  },
});

function summary(impacted: number, shown: number): string {
  return shown === impacted
    ? `${impacted} impacted targets`
    : `the ${shown} nearest of ${impacted} impacted targets`;
}
