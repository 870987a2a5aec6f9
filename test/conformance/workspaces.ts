import { Buffer } from 'node:buffer';
import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a fixture workspace holds: path -> content, or a file with a mode, or a symlink. */
export type FixtureFiles = Readonly<
  Record<string, string | { content: string; executable: true } | { linkTo: string }>
>;

/** One change to a workspace, for the tests of impacted targets. */
export interface FixtureEdit {
  name: string;
  apply(workspace: string): Promise<void>;
}

/** A module with everything that needs no external toolchain. */
export const BZLMOD_FILES: FixtureFiles = {
  'MODULE.bazel': lines(
    'module(name = "fixture", version = "1.0")',
    'bazel_dep(name = "inner", version = "0.1")',
    'local_path_override(module_name = "inner", path = "inner")',
  ),
  '.bazelignore': 'inner\n',
  '.bazelrc': 'common --experimental_enable_scl_dialect\n',
  // Bazel prints the loads of a package only with the file name BUILD, not with BUILD.bazel: both are here.
  BUILD: lines(
    'load("//build:macros.bzl", "texts")',
    'package(default_visibility = ["//visibility:public"])',
    'texts(name = "root_texts", srcs = ["root.txt", "//lib:all_texts", "@inner//:inner_text"])',
    'alias(name = "texts", actual = ":root_texts")',
    'test_suite(name = "all_tests", tests = ["//checks:check"])',
  ),
  'root.txt': 'root\n',
  'build/BUILD': lines(
    'exports_files(["macros.bzl"])',
    'package_group(name = "friends", packages = ["//lib/...", "//"])',
    'package_group(name = "everyone", includes = [":friends", "@inner//:inner_friends"], packages = ["//..."])',
  ),
  'build/macros.bzl': lines(
    'load("//build/private:inner_macros.bzl", "one_text")',
    'load("//build/private:constants.scl", "SUFFIX")',
    'def texts(name, srcs):',
    '    one_text(name = name + SUFFIX, srcs = srcs)',
    '    native.filegroup(name = name, srcs = [":" + name + SUFFIX])',
  ),
  'build/private/BUILD.bazel': '',
  'build/private/inner_macros.bzl': lines(
    'def one_text(name, srcs):',
    '    native.genrule(',
    '        name = name,',
    '        srcs = srcs,',
    '        outs = [name + ".out", name + ".second.out"],',
    '        cmd = "cat $(SRCS) | tee $(OUTS)",',
    '    )',
  ),
  'build/private/constants.scl': 'SUFFIX = "_joined"\n',
  'lib/BUILD': lines(
    'load("//build:rules.bzl", "copy", "record")',
    'package(default_visibility = ["//build:everyone"])',
    'filegroup(name = "all_texts", srcs = glob(["**/*.txt"], exclude = ["excluded.txt"]))',
    'copy(name = "copied", src = "a b.txt", tags = ["manual", "volatile"])',
    'copy(name = "copied_again", src = ":copied")',
    'record(name = "recorded", srcs = [":copied_again", "//:texts", ":all_texts"], mapping = {":copied": "x"})',
    'config_setting(name = "fancy", define_values = {"fancy": "1"})',
    'genrule(name = "selected", outs = ["selected.txt"], tools = ["run me.sh"], executable = True,',
    '    srcs = select({":fancy": ["a b.txt"], "//conditions:default": ["//names:é.txt"]}), cmd = "cp $< $@")',
    'genrule(name = "missing_source", srcs = ["no-such-file.txt"], outs = ["m.out"], cmd = "true")',
    'filegroup(name = "folder", srcs = ["folder-as-source"])',
  ),
  'build/rules.bzl': lines(
    'def _copy_impl(ctx):',
    '    out = ctx.actions.declare_file(ctx.label.name + ".copy")',
    '    ctx.actions.run_shell(inputs = [ctx.file.src], outputs = [out], command = "cp $1 $2",',
    '        arguments = [ctx.file.src.path, out.path])',
    '    return [DefaultInfo(files = depset([out]))]',
    'copy = rule(implementation = _copy_impl, attrs = {"src": attr.label(allow_single_file = True)})',
    'def _record_impl(ctx):',
    '    return []',
    'record = rule(implementation = _record_impl, attrs = {',
    '    "srcs": attr.label_list(allow_files = True),',
    '    "mapping": attr.label_keyed_string_dict(),',
    '    "words": attr.string_list_dict(default = {"z": ["1"], "a": ["2", "2"]}),',
    '    "number": attr.int(default = 7),',
    '    "numbers": attr.int_list(default = [1, -1, 2147483647]),',
    '    "flag": attr.bool(default = True),',
    '})',
    'def _check_impl(ctx):',
    '    script = ctx.actions.declare_file(ctx.label.name + ".sh")',
    '    ctx.actions.write(script, "true", is_executable = True)',
    '    return [DefaultInfo(executable = script)]',
    'check_test = rule(implementation = _check_impl, test = True, attrs = {"data": attr.label_list(allow_files = True)})',
  ),
  'lib/a b.txt': 'with a space\n',
  // Not below a glob: a Bazel in a UTF-8 or C locale reads such names from a directory as `?`.
  'names/BUILD.bazel': lines(
    'package(default_visibility = ["//visibility:public"])',
    'filegroup(name = "odd_names", srcs = ["é.txt", "漢字.txt", "日本 𝒳.txt", "dir ñ/x.txt"])',
    'filegroup(name = "ø", srcs = [":odd_names"])',
  ),
  'names/é.txt': 'Latin\n',
  'names/漢字.txt': { content: 'Han\n', executable: true },
  'names/日本 𝒳.txt': 'beyond the basic plane\n',
  'names/dir ñ/x.txt': 'below\n',
  'lib/excluded.txt': 'no\n',
  'lib/run me.sh': { content: '#!/bin/sh\n', executable: true },
  'lib/deep/er/leaf.txt': 'leaf\n',
  'lib/linked.txt': { linkTo: 'deep/er/leaf.txt' },
  'lib/folder-as-source/inside.md': 'inside\n',
  'checks/BUILD': lines(
    'load("//build:rules.bzl", "check_test")',
    'package(default_visibility = ["//visibility:public"])',
    'check_test(name = "check", data = ["data file.txt", "//lib:selected"], tags = ["slow"])',
    'test_suite(name = "suite", tests = [":check"], tags = ["slow"])',
    'constraint_setting(name = "planet")',
    'constraint_value(name = "mars", constraint_setting = ":planet")',
    'filegroup(name = "only_on_mars", srcs = ["data file.txt"], target_compatible_with = [":mars"])',
  ),
  'checks/data file.txt': 'data\n',
  'inner/MODULE.bazel': 'module(name = "inner", version = "0.1")\n',
  'inner/BUILD.bazel': lines(
    'load(":inner.bzl", "inner_texts")',
    'package(default_visibility = ["//visibility:public"])',
    'inner_texts(name = "inner_text")',
    'exports_files(["tool.sh"])',
    'package_group(name = "inner_friends", packages = ["//..."])',
  ),
  'inner/inner.bzl': lines(
    'def inner_texts(name):',
    '    native.genrule(name = name, srcs = ["inner.txt", "//sub:more.txt"], outs = [name + ".out"], cmd = "cat $(SRCS) > $@")',
  ),
  'inner/inner.txt': 'inner\n',
  'inner/tool.sh': { content: '#!/bin/sh\n', executable: true },
  'inner/sub/BUILD.bazel': 'exports_files(["more.txt"], visibility = ["//visibility:public"])\n',
  'inner/sub/more.txt': 'more\n',
};

/** A WORKSPACE with local repositories, for Bazels with and without bzlmod (`--noenable_bzlmod --enable_workspace`). */
export const WORKSPACE_FILES: FixtureFiles = {
  WORKSPACE: lines(
    'workspace(name = "fixture")',
    'local_repository(name = "inner", path = "third_party/inner")',
    'new_local_repository(name = "bare", path = "third_party/bare", build_file = "//third_party:bare.BUILD")',
  ),
  '.bazelignore': 'third_party/inner\nthird_party/bare\n',
  BUILD: lines(
    'load("//build:macros.bzl", "texts")',
    'package(default_visibility = ["//visibility:public"])',
    'texts(name = "root_texts", srcs = ["root.txt", "//lib:all_texts", "@inner//:inner_text", "@bare//:bare"])',
    'filegroup(name = "own", srcs = ["@//:root.txt"])',
  ),
  'root.txt': 'root\n',
  'build/BUILD': 'package_group(name = "everyone", packages = ["//..."])\n',
  'build/macros.bzl': lines(
    'load("//build:nested.bzl", "one_text")',
    'def texts(name, srcs):',
    '    one_text(name = name + "_joined", srcs = srcs)',
    '    native.filegroup(name = name, srcs = [":" + name + "_joined"])',
  ),
  'build/nested.bzl': lines(
    'def one_text(name, srcs):',
    '    native.genrule(name = name, srcs = srcs, outs = [name + ".out"], cmd = "cat $(SRCS) > $@")',
    'def _mark_impl(ctx):',
    '    return []',
    'mark = rule(implementation = _mark_impl, attrs = {"srcs": attr.label_list(allow_files = True)})',
  ),
  'lib/BUILD': lines(
    'load("//build:nested.bzl", "mark")',
    'package(default_visibility = ["//build:everyone"])',
    'filegroup(name = "all_texts", srcs = glob(["*.txt"]))',
    'mark(name = "marked", srcs = [":all_texts", "//names:é.txt", "no-such-file.txt"], tags = ["volatile"])',
  ),
  'lib/a b.txt': 'with a space\n',
  'names/BUILD': 'exports_files(["é.txt"], visibility = ["//visibility:public"])\n',
  'names/é.txt': 'Latin\n',
  'lib/tool.txt': { content: 'x\n', executable: true },
  'third_party/BUILD': 'exports_files(["bare.BUILD"])\n',
  'third_party/bare.BUILD':
    'filegroup(name = "bare", srcs = ["bare.txt"], visibility = ["//visibility:public"])\n',
  'third_party/bare/bare.txt': 'bare\n',
  'third_party/inner/WORKSPACE': '',
  'third_party/inner/BUILD': lines(
    'load(":inner.bzl", "inner_texts")',
    'inner_texts(name = "inner_text", visibility = ["//visibility:public"])',
  ),
  'third_party/inner/inner.bzl': lines(
    'def inner_texts(name, visibility):',
    '    native.filegroup(name = name, srcs = ["inner.txt", "//sub:more.txt"], visibility = visibility)',
  ),
  'third_party/inner/inner.txt': 'inner\n',
  'third_party/inner/sub/BUILD': 'exports_files(["more.txt"], visibility = ["//visibility:public"])\n',
  'third_party/inner/sub/more.txt': { content: 'more\n', executable: true },
};

/** Changes to `BZLMOD_FILES`, one after the other; each leaves a workspace that Bazel can load. */
export const BZLMOD_EDITS: readonly FixtureEdit[] = [
  write('content of a source', 'lib/a b.txt', 'other content\n'),
  write('content of a source with a non-ASCII name', 'names/é.txt', 'other Latin\n'),
  { name: 'executable bit', apply: (workspace) => chmod(join(workspace, 'lib/deep/er/leaf.txt'), 0o755) },
  write('file added to a glob', 'lib/deep/added.txt', 'added\n'),
  { name: 'file removed from a glob', apply: (workspace) => rm(join(workspace, 'lib/deep/added.txt')) },
  {
    name: 'rename inside a glob',
    apply: (workspace) =>
      rename(join(workspace, 'lib/deep/er/leaf.txt'), join(workspace, 'lib/deep/er/leaves.txt')),
  },
  write(
    'comment in a .bzl',
    'build/private/inner_macros.bzl',
    `# changed\n${text('build/private/inner_macros.bzl')}`,
  ),
  write('value in a .scl', 'build/private/constants.scl', 'SUFFIX = "_united"\n'),
  write('attribute in a BUILD file', 'lib/BUILD', text('lib/BUILD').replace('"x"', '"y"')),
  write('file of the other module', 'inner/sub/more.txt', 'much more\n'),
  write(
    'version of the other module',
    'inner/MODULE.bazel',
    text('inner/MODULE.bazel').replace('0.1', '0.2'),
  ),
];

/** Writes `files` below `workspace`. */
export async function writeWorkspace(workspace: string, files: FixtureFiles): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    const absolute = join(workspace, path);
    await mkdir(dirname(absolute), { recursive: true });
    if (typeof file === 'object' && 'linkTo' in file) {
      await symlink(file.linkTo, absolute);
      continue;
    }
    await writeFile(absolute, Buffer.from(typeof file === 'string' ? file : file.content));
    await chmod(absolute, typeof file === 'string' ? 0o644 : 0o755);
  }
}

function write(name: string, path: string, content: string): FixtureEdit {
  return { name, apply: (workspace) => writeFile(join(workspace, path), content) };
}

function text(path: string): string {
  const file = BZLMOD_FILES[path];
  if (typeof file !== 'string') throw new Error(`${path} is no plain file of the fixture`);
  return file;
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
