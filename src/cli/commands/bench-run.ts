import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { usageError } from '../usage-error.ts';

const NAME = 'bench run';
const DEFAULT_SIZES = ['1000', '15000', '150000'];

export const command: CommandSpec = defineCommand({
  name: NAME,
  summary: 'time cold, warm and bare queries side by side, and check that answers are equal',
  description: `Generates a project of each size in a temporary directory and times whole processes on it, in turn: the bare warm bazel query, dewar bazel generate-hashes on the same server, both on fresh servers, get-impacted-targets, record, and consume of a commit of each kind against a cold run. Every answer of consume must be equal to the cold one, byte for byte.

Then workspaces and machines of QEMU, where they can be had: up of a workspace for the first time, with the disk of before, and thawed; a cache of 1 GiB in 50,000 files into a machine, by dewar, by tar and ssh and by rsync; restores against full boots for guests of 1, 4 and 8 GiB, half of it in use; the memory of two clones at once; and consume --driver qemu with real Bazel in a thawed machine against a fresh one.

Writes a report as JSON and as an HTML page with plots. Budgets that are missed are shown, and change no exit code. With 150,000 targets this takes about ten minutes and 6 GB of memory, machines about as long.`,
  options: {
    sizes: {
      long: 'sizes',
      kind: 'list',
      splitOn: 'comma',
      valueName: 'targets',
      description: `about how many targets each project has (default: ${DEFAULT_SIZES.join(',')})`,
    },
    targets: { long: 'targets', kind: 'integer', description: 'one size only' },
    rounds: {
      long: 'rounds',
      kind: 'integer',
      default: 5,
      min: 1,
      max: 1000,
      description: 'repeats of each warm measurement; medians are compared',
    },
    seed: { long: 'seed', kind: 'integer', default: 1, description: 'another seed gives other projects' },
    bazel: {
      long: 'bazel',
      kind: 'string',
      valueName: 'path',
      default: 'bazel',
      description: 'the Bazel to use: a path, or a name on PATH',
    },
    only: {
      long: 'only',
      kind: 'string',
      choices: ['projects', 'machines', 'workspaces', 'caches'],
      description: 'measure one part alone',
    },
    out: {
      long: 'out',
      kind: 'string',
      valueName: 'dir',
      default: 'dewar-bench',
      description: 'directory for the two reports',
    },
  },
  exitCodes: { 1: 'an answer differs from the cold one, or an error' },
  examples: [
    {
      command: 'dewar bench run --sizes 1000,15000 --rounds 3',
      description: 'a quick look, about three minutes and as long as machines take',
    },
    { command: 'dewar bench run --only machines --rounds 3', description: 'without projects on this host' },
  ],
  run: async ({ options, emit, signal, env, cwd, version }) => {
    const { runBench } = await import('../../bench/run/run-bench.ts');
    const { benchContext } = await import('../../bench/bench-context.ts');
    const { projectSpecOfTargets } = await import('../../bench/generate/project-spec.ts');
    const { textReport } = await import('../../bench/report/text-report.ts');
    const { openGuestHost } = await import('../../builtins.ts');
    const { only, seed, rounds, bazel } = options;
    const isAsked = (part: string): boolean => only === undefined || only === part;
    const asked = askedSizes(options.sizes, options.targets).map((targets) =>
      projectSpecOfTargets(targets, seed),
    );
    const { report, json, html } = await runBench(
      {
        sizes: isAsked('projects') ? asked : [],
        machines: isAsked('machines') ? { seed } : undefined,
        workspaces: isAsked('workspaces'),
        caches: isAsked('caches'),
        rounds,
        out: resolve(cwd, options.out),
      },
      await benchContext({ emit, signal, env, cwd, bazel, version, openGuestHost }),
    );
    return {
      data: { ...report, files: { json, html } },
      text: `${textReport(report)}\nWritten to ${json}\nand ${html}\n`,
      exitCode: report.equal ? 0 : 1,
    };
  },
});

function askedSizes(sizes: readonly string[], targets: number | undefined): number[] {
  if (sizes.length > 0 && targets !== undefined)
    throw usageError(NAME, 'give --sizes or --targets, not both');
  const words = sizes.length > 0 ? sizes : DEFAULT_SIZES;
  if (targets !== undefined) return [targets];
  return words.map((word) => {
    if (!/^\d+$/.test(word))
      throw usageError(NAME, `--sizes takes whole numbers, not ${JSON.stringify(word)}`);
    return Number(word);
  });
}
