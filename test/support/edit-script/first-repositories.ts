import { PUBLIC } from './add-file.ts';
import type { Add } from './add-file.ts';
import type { Random } from './random.ts';

/** @param root a directory that is a package */
export function addModules(add: Add, root: string): void {
  add(
    'MODULE.bazel',
    'module(name = "small")',
    `include("//${root}:more.MODULE.bazel")`,
    'bazel_dep(name = "lm", version = "1")',
    'local_path_override(module_name = "lm", path = "third/lm")',
    'gen_repo = use_repo_rule("//ext:repo.bzl", "gen_repo")',
    'gen_repo(name = "gen", names = "//ext:lock.json", template = "//data:read.txt", deep = "//data:deep/file.txt")',
    'ext = use_extension("//ext:ext.bzl", "ext")',
    'use_repo(ext, "made")',
  );
  add(
    `${root === '' ? '' : `${root}/`}more.MODULE.bazel`,
    'local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "local_repository")',
    'new_local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "new_local_repository")',
    'local_repository(name = "lr", path = "third/lr")',
    'new_local_repository(name = "nl", path = "third/nl", build_file = "//ext:nl.BUILD")',
  );
}

/** Reads files in all the ways in which Bazel notes that it did; `@gen//:defs.bzl` says what they hold. */
export function addGenerator(add: Add, random: Random): void {
  add('ext/BUILD', PUBLIC, 'exports_files(["lock.json", "made.json", "nl.BUILD"])');
  add('ext/nl.BUILD', PUBLIC, 'filegroup(name = "nl", srcs = glob(["*.txt"]), tags = ["v9"])');
  add('ext/lock.json', '["t0", "t1"]');
  add('ext/consts.bzl', 'TAG = "v10"');
  add('ext/inner/consts.bzl', 'INNER = "v10"');
  const name = random.pick(['BUILD', 'BUILD.bazel']);
  add(
    'ext/repo.bzl',
    'load("//ext:consts.bzl", "TAG")',
    'load("//ext:inner/consts.bzl", "INNER")',
    'def _impl(ctx):',
    '    data = ctx.workspace_root.get_child("data")',
    '    names = json.decode(ctx.read(ctx.attr.names))',
    '    read = [TAG, INNER, ctx.read(ctx.attr.template).strip(), ctx.read(ctx.attr.deep).strip()]',
    '    read.append(ctx.read(data.get_child("watched.txt")).strip())',
    '    maybe = data.get_child("maybe.txt")',
    '    ctx.watch(maybe)',
    '    read.append(ctx.read(maybe).strip() if maybe.exists else "none")',
    '    listed = data.get_child("list")',
    '    if listed.exists:',
    '        read += sorted([entry.basename for entry in listed.readdir()])',
    '    ctx.watch_tree(data.get_child("tree"))',
    '    leaf = data.get_child("tree").get_child("b").get_child("c.txt")',
    '    read.append(ctx.read(leaf, watch = "no").strip() if leaf.exists else "none")',
    '    lines = ["load(\\"@@//lib:gen.bzl\\", \\"gen\\")"]',
    '    for n in names:',
    '        lines.append("gen(name = %r)" % n)',
    '    lines.append("filegroup(name = \\"read\\", tags = %r, visibility = [\\"//visibility:public\\"])" % read)',
    `    ctx.file(${JSON.stringify(name)}, "\\n".join(lines) + "\\n")`,
    '    ctx.file("defs.bzl", "G = %r\\n" % ",".join(read + names))',
    'gen_repo = repository_rule(_impl, attrs = {"names": attr.label(), "template": attr.label(), "deep": attr.label()})',
  );
}

/**
 * A module extension. Debian's Bazel does not say what it reads, so that no index can be made any more on a server that has
 * once fetched its repository: only edits that are asked for by name use it.
 */
export function addExtension(add: Add): void {
  add('ext/made.json', '["m0"]');
  add(
    'ext/ext.bzl',
    'def _repo(ctx):',
    '    ctx.file("BUILD")',
    '    ctx.file("made.bzl", "MADE = %r\\n" % ctx.attr.value)',
    'made_repo = repository_rule(_repo, attrs = {"value": attr.string()})',
    'def _impl(ctx):',
    '    made_repo(name = "made", value = ctx.read(Label("//ext:made.json")))',
    'ext = module_extension(_impl)',
  );
}

export function addRepositories(add: Add, build: () => string): void {
  add(
    'third/lm/MODULE.bazel',
    'module(name = "lm", version = "1")',
    'e = use_extension("//:e.bzl", "e")',
    'use_repo(e, "lmgen")',
  );
  add(
    'third/lm/e.bzl',
    'load("@@//lib:forlm.bzl", "M")',
    'def _repo(ctx):',
    '    ctx.file("BUILD")',
    '    ctx.file("v.bzl", "V = %r\\n" % ctx.attr.v)',
    'repo = repository_rule(_repo, attrs = {"v": attr.string()})',
    'def _e(ctx):',
    '    repo(name = "lmgen", v = M)',
    'e = module_extension(_e)',
  );
  add('third/lm/lm.bzl', 'load("@lmgen//:v.bzl", "V")', 'LM = V + "v11"');
  add(`third/lm/${build()}`, PUBLIC, 'filegroup(name = "lm", srcs = glob(["*.txt"]), tags = ["v11"])');
  add('third/lm/a.txt', 'c0');
  add('third/lr/REPO.bazel', '');
  add(
    `third/lr/${build()}`,
    'load(":w.bzl", "WW")',
    PUBLIC,
    'filegroup(name = "lr", srcs = ["a.txt"], tags = [WW])',
  );
  add('third/lr/w.bzl', 'load("@@//lib:forlr.bzl", "W")', 'WW = W + "v12"');
  add('third/lr/a.txt', 'c0');
  add('third/nl/a.txt', 'c0');
  add('third/nl/n.bzl', 'N = "v13"');
}
