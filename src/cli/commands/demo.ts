import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';

export const command: CommandSpec = defineCommand({
  name: 'demo',
  summary: 'show record and consume on a generated project, checked against cold runs, and a thawed machine',
  description: `Generates a Bazel project with a git history, records a snapshot of its base commit, and consumes a commit of each kind: an edited source file, BUILD file and .bzl, an added and a removed file, an edited MODULE.bazel. Each answer is compared with a cold run of its own, in a fresh work tree with a fresh Bazel server.

Then boots a machine of QEMU, freezes it, and thaws it twice at once: both go on with what was in its memory, each with names and random numbers of its own, and the files of the snapshot stay as they are. Its image, minimal, is built into dewar's cache directory the first time, which takes a minute. Where there can be no machine, a line says why, and the rest is shown.

Works in a temporary directory with a cache and Bazel servers of its own, and removes all of it at the end.`,
  options: {
    bazel: {
      long: 'bazel',
      kind: 'string',
      valueName: 'path',
      default: 'bazel',
      description: 'the Bazel to use: a path, or a name on PATH',
    },
    targets: {
      long: 'targets',
      kind: 'integer',
      default: 1000,
      description: 'about how many targets the project has',
    },
    seed: { long: 'seed', kind: 'integer', default: 1, description: 'another seed gives another project' },
    keep: {
      long: 'keep',
      kind: 'string',
      valueName: 'dir',
      description: 'keep the project, the store and the answers in this directory; absent or empty',
    },
  },
  exitCodes: { 1: 'an answer differs from its cold run, a machine came back wrong, or an error' },
  examples: [
    { command: 'dewar demo', description: 'about two minutes, the first time three' },
    {
      command: 'dewar demo --targets 15000 --keep /tmp/demo',
      description: 'larger, and look at it afterwards',
    },
  ],
  run: async ({ options, emit, signal, env, cwd, version }) => {
    const { openGuestHost } = await import('../../builtins.ts');
    const { runDemo } = await import('../../bench/demo/run-demo.ts');
    const { DEMO_INTRODUCTION, demoText } = await import('../../bench/demo/demo-text.ts');
    const { isRight } = await import('../../bench/demo/is-right.ts');
    const { projectSpecOfTargets } = await import('../../bench/generate/project-spec.ts');
    const { benchContext } = await import('../../bench/bench-context.ts');
    const spec = projectSpecOfTargets(options.targets, options.seed);
    const keep = options.keep === undefined ? undefined : resolve(cwd, options.keep);
    const context = await benchContext({
      emit,
      signal,
      env,
      cwd,
      bazel: options.bazel,
      version,
      openGuestHost,
    });
    for (const message of DEMO_INTRODUCTION) emit({ type: 'note', message });
    const data = await runDemo(spec, context, keep);
    return { data, text: demoText(data), exitCode: isRight(data) ? 0 : 1 };
  },
});
