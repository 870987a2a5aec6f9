import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';

export const command: CommandSpec = defineCommand({
  name: 'bench generate',
  summary: 'make a layered Bazel project of any size, with a git history',
  description: `Writes a project that loads in Bazel without any toolchain or network: macros in several .bzl files, globs, and generated files that cross packages. The same sizes and seed give the same commits.

The base commit is on the branch main. Six more, each a child of the base on a branch bench/<kind>, edit one source file, one BUILD file or one .bzl, add or remove a file that a glob sees, or edit MODULE.bazel. Prints JSON.`,
  options: {
    packages: {
      long: 'packages',
      kind: 'integer',
      default: 100,
      description: 'number of packages',
    },
    targetsPerPackage: {
      long: 'targets-per-package',
      kind: 'integer',
      default: 10,
      description: 'rules, source files and generated files of each package',
    },
    layers: {
      long: 'layers',
      kind: 'integer',
      description:
        'number of layers; a package depends on the layer below (default: 10, or fewer in a small project)',
    },
    seed: { long: 'seed', kind: 'integer', default: 1, description: 'another seed gives another project' },
    out: {
      long: 'out',
      kind: 'string',
      valueName: 'dir',
      required: true,
      description: 'directory to write to; absent or empty',
    },
  },
  examples: [
    {
      command: 'dewar bench generate --packages 15000 --targets-per-package 10 --out /tmp/big',
      description: 'about 150,000 targets',
    },
  ],
  run: async ({ options, emit, signal, env, cwd }) => {
    const { generateProject } = await import('../../bench/generate/generate-project.ts');
    const { packages, targetsPerPackage, seed } = options;
    const layers = options.layers ?? Math.max(1, Math.min(10, packages));
    const data = await generateProject(
      { packages, targetsPerPackage, layers, seed },
      resolve(cwd, options.out),
      { emit, env, signal },
    );
    return { data };
  },
});
