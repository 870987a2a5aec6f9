import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { readIfPresent } from '../../src/platform/read-if-present.ts';
import { generateHashes } from '../../src/bazel/generate-hashes.ts';
import type { GraphFacts } from '../../src/bazel/graph/graph-index.ts';
import { knownGraph } from '../../src/bazel/graph/known-graph.ts';
import { readLoaders } from '../../src/bazel/graph/read-loaders.ts';
import { readRepositoryBzl } from '../../src/bazel/graph/repository-bzl.ts';
import { BazelClient } from '../../src/bazel/query/bazel-client.ts';
import { bazel } from '../support/bazel.ts';
import { bazelFixture } from './support/bazel-fixture.ts';
import type { BazelFixture } from './support/bazel-fixture.ts';
import type { FixtureFiles } from './workspaces.ts';

/** Which packages load a .bzl file, as the index knows it, is what Bazel says of each package. */

const FILES: FixtureFiles = {
  '.bazelrc': 'common --experimental_enable_scl_dialect\n',
  '.bazelignore': 'third\n',
  'MODULE.bazel': lines(
    'module(name = "fixture", version = "1", repo_name = "own")',
    'bazel_dep(name = "lm", version = "1")',
    'local_path_override(module_name = "lm", path = "third/lm")',
    'local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "local_repository")',
    'local_repository(name = "lr", path = "third/lr")',
    'new_local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "new_local_repository")',
    'new_local_repository(name = "nl", path = "third/nl", build_file_content = "")',
    'gen = use_extension("@lm//:extension.bzl", "gen")',
    'use_repo(gen, "made")',
  ),
  'third/lm/MODULE.bazel': lines(
    'module(name = "lm", version = "1")',
    'bazel_dep(name = "fixture", version = "1", repo_name = "renamed")',
  ),
  'third/lm/BUILD.bazel': '',
  'third/lm/m.bzl': 'load("@renamed//lib:by_module.bzl", "V")\nM = V\n',
  'third/lm/extension.bzl': lines(
    'load("@renamed//lib:by_extension.bzl", "V")',
    'def _impl(ctx):',
    '    ctx.file("BUILD.bazel", "")',
    `    ctx.file("made.bzl", 'load("@renamed//lib:by_made.bzl", "V")\\nMADE = V\\n')`,
    'rule = repository_rule(_impl)',
    'gen = module_extension(lambda ctx: rule(name = "made"))',
  ),
  'third/lr/REPO.bazel': '',
  'third/lr/BUILD.bazel': 'load("//sub:deep/w.bzl", "W")\nfilegroup(name = "lr", tags = [W])\n',
  'third/lr/sub/BUILD': '',
  'third/lr/sub/deep/w.bzl': 'load("@@//lib:by_local.bzl", "V")\nload(":v.bzl", "VV")\nW = V + VV\n',
  'third/lr/sub/v.bzl': 'VV = "vv"\n',
  'third/nl/n.bzl': 'load("@@//lib:by_new_local.bzl", "V")\nN = V\n',

  'tools/build_rules/BUILD': '',
  'tools/build_rules/prelude_bazel': 'load("//lib:prelude.bzl", "P")\nload("@lr//sub:v.bzl", "VV")\n',
  'lib/BUILD.bazel': '',
  'lib/prelude.bzl': 'load("@nl//:n.bzl", "N")\nP = N\n',
  ...Object.fromEntries(
    ['by_module', 'by_extension', 'by_made', 'by_local', 'by_new_local', 'near/y', 'other', 'unused'].map(
      (name) => [`lib/${name}.bzl`, 'load(":common.bzl", "C")\nV = C\n'],
    ),
  ),
  'lib/common.bzl': 'C = "c"\n',
  'lib/near/x.bzl': 'load(":near/y.bzl", "V")\nload("//consts:k.scl", "K")\nX = V + K\n',
  'lib/link.bzl': { linkTo: 'near/y.bzl' },
  'consts/BUILD': '',
  'consts/k.scl': 'K = "k"\n',

  'BUILD.bazel': lines(
    'load(',
    '    # not "//lib:unused.bzl"',
    "    '//lib:near/x.bzl',",
    '    y = "X",',
    ')',
  ),
  'plain/BUILD': 'load("//lib:near/x.bzl", "X")\nload("@lr//sub:deep/w.bzl", "W")\n',
  'both/BUILD': 'load("//lib:other.bzl", "V")\n',
  'both/BUILD.bazel': 'load("@//lib:near/y.bzl", "V")\n',
  'named/BUILD': 'load("//lib:other.bzl", "V")\nfilegroup(name = "x", srcs = ["BUILD.bazel"])\n',
  'exported/BUILD.bazel': 'load("//lib:other.bzl", "V")\nexports_files(["BUILD", "BUILD.bazel"])\n',
  'names/BUILD.bazel': lines(
    'load("@own//lib:near/y.bzl", "V")',
    'load("@@//lib:link.bzl", L = "V")',
    String.raw`load("\057/lib:\157ther.bzl", O = "V")`,
    'load(r"""//lib:common.bzl""", "C")',
  ),
  'strings/BUILD.bazel': '# load("//lib:other.bzl", "V")\nX = """\nload("//lib:other.bzl", "V")\n"""\n',
  'sub/BUILD': 'exports_files(["own/z.bzl"])\n',
  'sub/own/z.bzl': 'load("//sub:own/zz.bzl", "ZZ")\nZ = ZZ\n',
  'sub/own/zz.bzl': 'ZZ = "z"\n',
  'sub/package/BUILD.bazel': 'load(":a.bzl", "A")\nload("//sub:own/z.bzl", "Z")\n',
  'sub/package/a.bzl': 'A = "a"\n',
  'through/local/BUILD.bazel': 'load("@lr//sub:deep/w.bzl", "W")\n',
  'through/new_local/BUILD.bazel': 'load("@nl//:n.bzl", "N")\n',
  'through/module/BUILD.bazel': 'load("@lm//:m.bzl", "M")\n',
  'through/made/BUILD.bazel': 'load("@made//:made.bzl", "MADE")\n',
  'through/nothing/BUILD.bazel': 'load("@lr//sub:v.bzl", "VV")\n',
};

const PACKAGES = Object.keys(FILES)
  .filter((path) => /(?:^|\/)BUILD(?:\.bazel)?$/.test(path) && !path.startsWith('third/'))
  .map((path) => (path.includes('/') ? posix.dirname(path) : ''));
const BZL = Object.keys(FILES).filter((path) => /\.(?:bzl|scl)$/.test(path) && !path.startsWith('third/'));

function lines(...text: string[]): string {
  return `${text.join('\n')}\n`;
}

/** @returns packages by file */
async function askBazel(fixture: BazelFixture): Promise<Record<string, string[]>> {
  const loaders = new Map<string, string[]>(BZL.map((path) => [path, []]));
  for (const directory of new Set(PACKAGES)) {
    const loaded = await fixture.output(['query', `loadfiles(//${directory}:all-targets)`]);
    for (const label of loaded.toString('utf8').split('\n'))
      if (label.startsWith('//')) loaders.get(posix.join(...pathParts(label)))?.push(directory);
  }
  return Object.fromEntries(loaders);
}

function pathParts(label: string): [string, string] {
  const [directory = '', name = ''] = label.slice('//'.length).split(':');
  return [directory, name];
}

function isMain(name: string): boolean {
  return !name.startsWith('@');
}

const OTHER_FACTS: Omit<GraphFacts, 'repositoryBzl'> = {
  seed: '',
  configured: false,
  includeTargetType: false,
  bzlmod: true,
  fineGrainedRepos: [],
  readPaths: [],
  sharedDirectories: [],
};

test('by the text of BUILD.bazel files, and by what Bazel prints for others', async () => {
  await using fixture = await bazelFixture(bazel(), FILES);
  const { workspace, outputBase, startupOptions } = fixture;
  const client = new BazelClient({
    bazelPath: fixture.bazel,
    workspacePath: workspace,
    startupOptions,
    emit: () => undefined,
  });
  const { graph, partial } = await generateHashes(client, {
    workspacePath: workspace,
    bazelStartupOptions: startupOptions,
    bazelCommandOptions: [],
    cqueryCommandOptions: [],
    useCquery: false,
    keepGoing: false,
    fineGrainedHashExternalRepos: ['@lr'],
    excludeExternalTargets: true,
    ignoredRuleHashingAttributes: [],
    alwaysAffectedTags: [],
    includeTargetType: false,
    includePackageGroups: false,
  });
  expect(partial).toBe(false);
  const repositoryBzl = await readRepositoryBzl((path) => readIfPresent(`${workspace}/${path}`));
  expect(repositoryBzl).toMatchObject({ complete: true });
  const { loads, ...facts } = await readLoaders({
    workspacePath: workspace,
    outputBase,
    table: graph.table,
    repositoryBzl,
  });
  expect(facts.unknownLoaders).toBeUndefined();
  const known = knownGraph({ facts: { ...OTHER_FACTS, ...facts }, graph, loads: () => loads });

  const found = BZL.map((path) => [path, (known.loadersOf(path) ?? []).filter(isMain).toSorted()]);
  const expected = await askBazel(fixture);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(expected).map(([path, users]) => [path, users.toSorted()])),
  );
  // So that it is known to compare something.
  expect(expected['lib/by_made.bzl']).toEqual(['through/made']);
  expect(expected['lib/near/y.bzl']).toEqual(expect.arrayContaining(['', 'plain', 'both', 'names']));
  expect(expected['lib/common.bzl']?.length).toBeGreaterThan(7);

  const external = (known.loadersOf('lib/by_local.bzl') ?? []).filter((name) => !isMain(name));
  expect(external).toEqual([expect.stringMatching(/^@.*lr\/\/$/)]);
  // The prelude and module extensions load these, the first by way of another repository.
  const needed = ['lib/prelude.bzl', 'lib/by_new_local.bzl', 'lib/by_extension.bzl', 'lib/common.bzl'];
  expect(facts.repositoryBzl).toEqual(expect.arrayContaining(needed));
  expect(facts.repositoryBzl).not.toContain('lib/near/x.bzl');
});
