import type { Random } from './random.ts';
import type { Tree } from './tree.ts';

const PUBLIC = 'package(default_visibility = ["//visibility:public"])';

/** A repository with every way in which a file can matter to the graph; what exactly is in it is random. */
export function firstTree(random: Random): Tree {
  const tree: Tree = new Map();
  const add = (path: string, ...lines: string[]): void => {
    tree.set(path, { text: `${lines.join('\n')}\n` });
  };
  const build = (): string => random.pick(['BUILD', 'BUILD.bazel']);

  add('.gitignore', 'bazel-*');
  add(
    '.bazelrc',
    'common --experimental_enable_scl_dialect',
    'import %workspace%/tools/shared.settings',
    'try-import %workspace%/tools/none.settings',
  );
  add('tools/shared.settings', 'query --implicit_deps');
  addModules(add);
  addExtension(add, random);
  addRepositories(add, build);

  add(`lib/${build()}`, PUBLIC, 'exports_files(["listed.bzl", "macros.bzl"])');
  add(
    'lib/macros.bzl',
    'load("//lib/inner:consts.bzl", "V")',
    'def thing(name, srcs = []):',
    '    native.filegroup(name = name, srcs = srcs, tags = ["v0", V])',
  );
  add(`lib/inner/${build()}`, PUBLIC);
  add('lib/inner/consts.bzl', 'V = "v1"');
  add('lib/s.scl', 'S = "v2"');
  add(
    'lib/gen.bzl',
    'def gen(name):',
    '    native.filegroup(name = name, tags = ["v3"], visibility = ["//visibility:public"])',
  );
  add('lib/forlr.bzl', 'W = "v4"');
  add('lib/listed.bzl', 'L = "v5"');
  add('lib/defs.bzl', 'NOBODY = "v6"');
  add(
    'lib/rule.bzl',
    'load(":listed.bzl", "L")',
    'def _impl(ctx):',
    '    return [DefaultInfo()]',
    'thing_rule = rule(_impl, attrs = {"srcs": attr.label_list(allow_files = True), "v": attr.string(default = "v7")})',
  );
  add('real/x.bzl', 'X = "v8"');
  tree.set('lib/link.bzl', { link: '../real/x.bzl' });

  add(`data/${build()}`, PUBLIC, 'exports_files(["read.txt", "watched.txt", "unread.txt"])');
  for (const name of ['read.txt', 'watched.txt', 'unread.txt', 'tree/a.txt', 'tree/b/c.txt', 'plain.txt'])
    add(`data/${name}`, 'c0');

  const count = 4 + random.number(5);
  for (let at = 0; at < count; at++) {
    const parent = random.once(3) && at > 0 ? `p${random.number(at)}/deep/` : '';
    addPackage(tree, `${parent}p${at}`, build(), random);
  }
  // Repositories that nothing refers to are never fetched, so that nobody reads what they would.
  const outer = ['@gen//:read', '@gen//:t0', '@lm//:lm', '@lr//:lr', '@nl//:nl', '@nl//:a.txt']
    .filter(() => !random.once(4))
    .map((label, at) => `filegroup(name = "outer${at}", srcs = ["${label}"])`);
  add('BUILD', PUBLIC, 'filegroup(name = "root", srcs = ["top.txt"])', ...outer);
  add('top.txt', 'c0');
  add('nowhere/x.txt', 'c0');
  add('odd/foo.bzl.txt', 'c0');
  add('odd/BUILD.txt', 'c0');
  add('odd/ünïcode.txt', 'c0');
  add('odd/with space.txt', 'c0');
  add(
    `odd/${build()}`,
    PUBLIC,
    'filegroup(name = "odd", srcs = glob(["**"], exclude = ["BUILD*"]) + ["BUILD.txt"])',
  );
  add('linked/dir/a.txt', 'c0');
  add('linked/dir/b.txt', 'c0');
  add('linked/file.txt', 'c0');
  add(
    `links/${build()}`,
    PUBLIC,
    'filegroup(name = "links", srcs = glob(["**/*.txt"]))',
    'filegroup(name = "direct", srcs = ["f.txt"])',
  );
  tree.set('links/f.txt', { link: '../linked/file.txt' });
  tree.set('links/d', { link: '../linked/dir' });
  tree.set('links/chain.txt', { link: 'f.txt' });
  return tree;
}

type Add = (path: string, ...lines: string[]) => void;

function addModules(add: Add): void {
  add(
    'MODULE.bazel',
    'module(name = "small")',
    'include("//:more.MODULE.bazel")',
    'bazel_dep(name = "lm", version = "1")',
    'local_path_override(module_name = "lm", path = "third/lm")',
    'ext = use_extension("//ext:ext.bzl", "ext")',
    'use_repo(ext, "gen")',
  );
  add(
    'more.MODULE.bazel',
    'local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "local_repository")',
    'new_local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "new_local_repository")',
    'local_repository(name = "lr", path = "third/lr")',
    'new_local_repository(name = "nl", path = "third/nl", build_file = "//ext:nl.BUILD")',
  );
}

function addExtension(add: Add, random: Random): void {
  add('ext/BUILD', PUBLIC, 'exports_files(["lock.json", "nl.BUILD"])');
  add('ext/nl.BUILD', PUBLIC, 'filegroup(name = "nl", srcs = glob(["*.txt"]), tags = ["v9"])');
  add('ext/lock.json', '["t0", "t1"]');
  add('ext/consts.bzl', 'TAG = "v10"');
  add(
    'ext/ext.bzl',
    'load("//ext:repo.bzl", "gen_repo")',
    'load("//ext:consts.bzl", "TAG")',
    'def _impl(ctx):',
    '    names = json.decode(ctx.read(Label("//ext:lock.json")))',
    '    gen_repo(name = "gen", names = names, template = "//data:read.txt", tag = TAG)',
    'ext = module_extension(_impl)',
  );
  const name = random.pick(['BUILD', 'BUILD.bazel']);
  add(
    'ext/repo.bzl',
    'def _impl(ctx):',
    '    read = [ctx.read(ctx.attr.template).strip()]',
    '    read.append(ctx.read(ctx.workspace_root.get_child("data").get_child("watched.txt")).strip())',
    '    ctx.watch_tree(ctx.workspace_root.get_child("data").get_child("tree"))',
    '    tree = ctx.workspace_root.get_child("data").get_child("tree").get_child("b").get_child("c.txt")',
    '    read.append(ctx.read(tree, watch = "no").strip() if tree.exists else "none")',
    '    lines = ["load(\\"@@//lib:gen.bzl\\", \\"gen\\")"]',
    '    for n in ctx.attr.names:',
    '        lines.append("gen(name = %r)" % n)',
    '    lines.append("filegroup(name = \\"read\\", tags = %r, visibility = [\\"//visibility:public\\"])" % (read + [ctx.attr.tag]))',
    `    ctx.file(${JSON.stringify(name)}, "\\n".join(lines) + "\\n")`,
    'gen_repo = repository_rule(_impl, attrs = {"names": attr.string_list(), "template": attr.label(), "tag": attr.string()})',
  );
}

function addRepositories(add: Add, build: () => string): void {
  add('third/lm/MODULE.bazel', 'module(name = "lm", version = "1")');
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
}

/** One rule per line, so that edits can add, change and remove lines. */
function addPackage(tree: Tree, directory: string, buildFile: string, random: Random): void {
  const names = ['a.txt', 'b.txt', 'run.sh', 'sub/c.txt', 'sub/d/e.txt', 'loose.txt', 'data.json'];
  for (const name of names) tree.set(`${directory}/${name}`, { text: 'c0\n', executable: name === 'run.sh' });
  const lines = [PUBLIC, ...random.pick([[], ['exports_files(["loose.txt"])']])];
  const loads: string[] = [];
  for (let at = 0; at < 6; at++) {
    const rule = randomRule(tree, `r${at}`, random);
    loads.push(...rule.loads);
    lines.push(rule.line);
  }
  tree.set(`${directory}/${buildFile}`, { text: [...new Set(loads), ...lines, ''].join('\n') });
}

/** A rule on one line, which may refer to other packages of the tree, and what it needs loaded. */
export function randomRule(tree: Tree, name: string, random: Random): { line: string; loads: string[] } {
  const others = [...tree.keys()].flatMap((path) => /^((?:\w+\/)*p\d+)\/BUILD/.exec(path)?.[1] ?? []);
  const other =
    others.length === 0
      ? []
      : [`//${random.pick(others)}:${random.pick(['r0', 'r1', 'r2', 'a.txt', 'loose.txt'])}`];
  const source = random.pick(['a.txt', 'b.txt', 'sub/c.txt', 'run.sh', 'sub', 'sub/d/e.txt', 'absent.txt']);
  const outer = random.pick([
    '@gen//:read',
    '@gen//:t0',
    '@lm//:lm',
    '@lm//:a.txt',
    '@lr//:lr',
    '@nl//:nl',
    '@nl//:a.txt',
    '//data:unread.txt',
    '//data:read.txt',
    '//links:f.txt',
    '//links:d/a.txt',
    '//lib:listed.bzl',
    '//lib:macros.bzl',
    '//odd:with space.txt',
  ]);
  const label = random.pick([source, source, source, outer, ...other, ...other]);
  const kinds = [
    { line: `filegroup(name = "${name}", srcs = ["${label}"], tags = ["v0"])`, loads: [] },
    { line: `filegroup(name = "${name}", srcs = glob(["**/*.txt"]))`, loads: [] },
    {
      line: `filegroup(name = "${name}", srcs = glob(["*.json"], allow_empty = True) + subpackages(include = ["**"], allow_empty = True) and ["a.txt"])`,
      loads: [],
    },
    {
      line: `genrule(name = "${name}", srcs = ["${label}"], outs = ["${name}.out"], cmd = "cp $< $@")`,
      loads: [],
    },
    {
      line: `genrule(name = "${name}", tools = ["run.sh"], srcs = ["${label}"], outs = ["${name}.out"], cmd = "v1")`,
      loads: [],
    },
    { line: `alias(name = "${name}", actual = "${label}")`, loads: [] },
    { line: `thing(name = "${name}", srcs = ["${label}"])`, loads: ['load("//lib:macros.bzl", "thing")'] },
    {
      line: `thing_rule(name = "${name}", srcs = ["${label}"])`,
      loads: ['load("//lib:rule.bzl", "thing_rule")'],
    },
    {
      line: `filegroup(name = "${name}", srcs = ["a.txt"], tags = [S])`,
      loads: ['load("//lib:s.scl", "S")'],
    },
    {
      line: `filegroup(name = "${name}", srcs = ["b.txt"], tags = [X])`,
      loads: ['load("//lib:link.bzl", "X")'],
    },
    {
      line: `filegroup(name = "${name}", srcs = ["${label}"], tags = [WW])`,
      loads: ['load("@lr//:w.bzl", "WW")'],
    },
  ];
  return random.pick(kinds);
}
