import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRepositoryInputs } from '../../src/bazel/graph/repository-inputs.ts';
import type { RepositoryInputs } from '../../src/bazel/graph/repository-inputs.ts';
import { bazel, bazel4 } from '../support/bazel.ts';
import { bazelFixture } from './support/bazel-fixture.ts';
import type { BazelFixture } from './support/bazel-fixture.ts';
import type { FixtureFiles } from './workspaces.ts';

/** What Bazel writes down of what repository rules read, and what links it makes: shown on the real ones. */

const PUBLIC = 'visibility = ["//visibility:public"]';
const EMPTY_BUILD = `'filegroup(name = "all", ${PUBLIC})'`;

const FILES: FixtureFiles = {
  BUILD: '',
  'data/BUILD': 'exports_files(["read.txt"])\n',
  'data/read.txt': '1',
  'data/path.txt': '1',
  'data/attribute.txt': '1',
  'data/template.txt': '1',
  'data/linked.txt': '1',
  'data/nested/linked/x.txt': '1',
  'data/unread.txt': '1',
  'odd dir/BUILD': '',
  'odd dir/a b.txt': '1',
  'local/BUILD': `filegroup(name = "x", ${PUBLIC})\n`,
  'local/WORKSPACE': '',
  'local/MODULE.bazel': 'module(name = "local")\n',
  'listed/x.txt': '1',
  'listed/sub/y.txt': '1',
  'rules/BUILD': '',
  'rules/listed.BUILD': `filegroup(name = "x", srcs = glob(["**/*.txt"]), ${PUBLIC})\n`,
  'rules/values.bzl': 'READ = "//data:read.txt"\n',
  'rules/reading.bzl': lines(
    'load(":values.bzl", "READ")',
    'def _impl(ctx):',
    `    ctx.file("BUILD", ${EMPTY_BUILD})`,
    '    ctx.read(Label(READ))',
    '    ctx.path(Label("//data:path.txt"))',
    '    ctx.path(ctx.attr.file)',
    '    ctx.template("t.txt", Label("//data:template.txt"))',
    '    ctx.symlink(Label("//data:linked.txt"), "l.txt")',
    '    ctx.read(Label("//odd dir:a b.txt"))',
    '    root = str(ctx.path(Label("//:BUILD")).dirname)',
    '    ctx.symlink(root + "/data/nested/linked", "deep/down/linked")',
    'reading = repository_rule(_impl, attrs = {"file": attr.label()}, environ = ["HOME", "NOT_SET"])',
  ),
};

const READ = ['read', 'path', 'attribute', 'template', 'linked'].map((name) => `data/${name}.txt`);

const MODULE_FILES: FixtureFiles = {
  ...FILES,
  BUILD: lines(
    'filegroup(name = "everything", srcs = ["@reading//:all", "@watching//:all", "@local//:x", "@rule_local//:x", "@listed//:x"])',
  ),
  'rule_local/BUILD': `filegroup(name = "x", ${PUBLIC})\n`,
  'rule_local/WORKSPACE': '',
  'data/watched.txt': '1',
  'data/absolute.txt': '1',
  'data/unwatched.txt': '1',
  'data/tree/a/x.txt': '1',
  'data/entries/x.txt': '1',
  'data/extension_read.txt': '1',
  'data/extension_watched.txt': '1',
  'data/tag.txt': '1',
  'rules/watching.bzl': lines(
    'def _impl(ctx):',
    `    ctx.file("BUILD", ${EMPTY_BUILD})`,
    '    root = ctx.workspace_root',
    '    ctx.watch(root.get_child("data/watched.txt"))',
    '    ctx.watch(root.get_child("data/absent.txt"))',
    '    ctx.read(str(root) + "/data/absolute.txt")',
    '    ctx.read(root.get_child("data/unwatched.txt"), watch = "no")',
    '    ctx.watch_tree(root.get_child("data/tree"))',
    '    root.get_child("data/entries").readdir()',
    'watching = repository_rule(_impl)',
  ),
  'rules/extension.bzl': lines(
    'def _repository_impl(ctx):',
    `    ctx.file("BUILD", ${EMPTY_BUILD})`,
    'repository = repository_rule(_repository_impl)',
    'def _impl(ctx):',
    '    ctx.read(Label("//data:extension_read.txt"))',
    '    ctx.watch(Label("//data:extension_watched.txt"))',
    '    for module in ctx.modules:',
    '        for tag in module.tags.file:',
    '            ctx.path(tag.file)',
    '    repository(name = "made")',
    'files = module_extension(_impl, tag_classes = {"file": tag_class(attrs = {"file": attr.label()})})',
  ),
  'MODULE.bazel': lines(
    'module(name = "main_module", version = "1")',
    'bazel_dep(name = "local", version = "1")',
    'local_path_override(module_name = "local", path = "local")',
    'local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "local_repository")',
    'local_repository(name = "rule_local", path = "rule_local")',
    'new_local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "new_local_repository")',
    'new_local_repository(name = "listed", path = "listed", build_file = "//rules:listed.BUILD")',
    'reading = use_repo_rule("//rules:reading.bzl", "reading")',
    'reading(name = "reading", file = "//data:attribute.txt")',
    'watching = use_repo_rule("//rules:watching.bzl", "watching")',
    'watching(name = "watching")',
  ),
};

const WORKSPACE_FILES: FixtureFiles = {
  ...FILES,
  BUILD: 'filegroup(name = "everything", srcs = ["@reading//:all", "@local//:x", "@listed//:x"])\n',
  WORKSPACE: lines(
    'workspace(name = "main_module")',
    'local_repository(name = "local", path = "local")',
    'new_local_repository(name = "listed", path = "listed", build_file = "//rules:listed.BUILD")',
    'load("@main_module//rules:reading.bzl", "reading")',
    'reading(name = "reading", file = "@main_module//data:attribute.txt")',
  ),
};

function lines(...text: string[]): string {
  return `${text.join('\n')}\n`;
}

function inputsOf({ workspace, outputBase }: BazelFixture): Promise<RepositoryInputs> {
  return readRepositoryInputs({ workspacePath: workspace, outputBase });
}

async function queried(fixture: BazelFixture, target: string): Promise<RepositoryInputs> {
  await fixture.output(['query', `deps(${target})`]);
  return inputsOf(fixture);
}

describe('a module', () => {
  test('marker files and links show what repository rules read; extensions need the lock file', async () => {
    await using fixture = await bazelFixture(bazel(), MODULE_FILES);
    const found = await queried(fixture, '//:everything');
    expect(found).toMatchObject({ complete: true });
    const read = [...READ, 'odd dir/a b.txt', 'data/watched.txt', 'data/absent.txt', 'data/absolute.txt'];
    expect(found.readPaths).toEqual(expect.arrayContaining(read));
    expect(found.readPaths).toEqual(expect.arrayContaining(['MODULE.bazel', 'rules/listed.BUILD']));
    // Bazel itself takes no notice when this one changes.
    expect(found.readPaths).not.toContain('data/unwatched.txt');
    expect(found.readPaths).not.toContain('data/unread.txt');
    const shared = ['local', 'rule_local', 'listed', 'listed/sub', 'data/tree', 'data/entries'];
    expect(found.sharedDirectories).toEqual(expect.arrayContaining([...shared, 'data/nested/linked']));

    const { workspace } = fixture;
    await appendFile(
      join(workspace, 'MODULE.bazel'),
      lines(
        'files = use_extension("//rules:extension.bzl", "files")',
        'files.file(file = "//data:tag.txt")',
        'use_repo(files, "made")',
      ),
    );
    const extended = await queried(fixture, '@made//:all');
    // Some builds of Bazel write an empty lock file; then nobody knows.
    const lock = await readFile(join(workspace, 'MODULE.bazel.lock'), 'utf8');
    const isLocked = lock.includes('//rules:extension.bzl%files');
    expect(extended.complete).toBe(isLocked);
    const names = ['extension_read', 'extension_watched', 'tag'].map((name) => `data/${name}.txt`);
    expect(extended.readPaths).toEqual(expect.arrayContaining(isLocked ? names : []));
    expect(extended.why ?? '').toMatch(isLocked ? /^$/ : /the module extension files/);
  });
});

describe('a WORKSPACE', () => {
  test.each([
    { name: 'Bazel 7', program: bazel, rc: 'common --noenable_bzlmod --enable_workspace\n' },
    { name: 'Bazel 4', program: bazel4, rc: '' },
  ])('marker files and links of $name', async ({ program, rc }) => {
    await using fixture = await bazelFixture(program(), { ...WORKSPACE_FILES, '.bazelrc': rc });
    const found = await queried(fixture, '//:everything');
    expect(found).toMatchObject({ complete: true });
    const read = [...READ, 'odd dir/a b.txt', 'rules/listed.BUILD'];
    expect(found.readPaths).toEqual(expect.arrayContaining(read));
    expect(found.readPaths).not.toContain('data/unread.txt');
    // Here the list of `listed` itself is recorded nowhere: it is seen by the links to all that is in it.
    expect(found.sharedDirectories).toEqual(
      expect.arrayContaining(['local', 'listed', 'data/nested/linked']),
    );
  });
});
