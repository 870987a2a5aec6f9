import { PUBLIC } from './add-file.ts';
import type { Add } from './add-file.ts';
import { addExtension, addGenerator, addModules, addRepositories } from './first-repositories.ts';
import { addPackage } from './random-rule.ts';
import type { Random } from './random.ts';
import type { Tree } from './tree.ts';

/** A repository with every way in which a file can matter to the graph; what exactly is in it is random. */
export function firstTree(random: Random): Tree {
  const tree: Tree = new Map();
  const add: Add = (path, ...lines) => {
    tree.set(path, { text: `${lines.join('\n')}\n` });
  };
  const build = (): string => random.pick(['BUILD', 'BUILD.bazel']);

  add('.gitignore', 'bazel-*');
  addRcFiles(add, random);
  // Without a package at the root, some paths are in no package.
  const root = random.once(4) ? 'outer' : '';
  addModules(add, root);
  addGenerator(add, random);
  addExtension(add);
  addRepositories(add, build);
  addLibrary(tree, add, build);

  add(`data/${build()}`, PUBLIC, 'exports_files(["read.txt", "watched.txt", "unread.txt"])');
  for (const name of ['read', 'watched', 'unread', 'tree/a', 'tree/b/c', 'plain', 'list/a', 'deep/file'])
    add(`data/${name}.txt`, 'c0');

  const count = 4 + random.number(5);
  for (let at = 0; at < count; at++) {
    const parent = random.once(3) && at > 0 ? `p${random.number(at)}/deep/` : '';
    addPackage(tree, `${parent}p${at}`, build(), random);
  }
  addRoot(add, random, root);
  addOdd(add, build);
  addLinks(tree, add, build);
  return tree;
}

function addRcFiles(add: Add, random: Random): void {
  add(
    '.bazelrc',
    'common --experimental_enable_scl_dialect',
    // A package by its files that is none for Bazel.
    'common --deleted_packages=gone',
    'import %workspace%/tools/shared.settings',
    'try-import %workspace%/tools/none.settings',
  );
  add('tools/shared.settings', 'query --implicit_deps');
  add('gone/BUILD', 'filegroup(name = "gone", tags = ["v0"])');
  if (random.once(2)) return;
  add('.bazelignore', 'ignored');
  add('ignored/BUILD', 'filegroup(name = "ignored", tags = ["v0"])');
}

function addLibrary(tree: Tree, add: Add, build: () => string): void {
  add(`lib/${build()}`, PUBLIC, 'exports_files(["listed.bzl", "macros.bzl"])');
  add(
    'lib/macros.bzl',
    'load("//lib/inner:consts.bzl", "V")',
    'def thing(name, srcs = []):',
    '    native.filegroup(name = name, srcs = srcs, tags = ["v0", V])',
  );
  add(`lib/inner/${build()}`, PUBLIC);
  add('lib/inner/consts.bzl', 'V = "v1"');
  add('lib/deep/consts.bzl', 'D = "v1"');
  add('lib/s.scl', 'S = "v2"');
  add(
    'lib/gen.bzl',
    'def gen(name):',
    '    native.filegroup(name = name, tags = ["v3"], visibility = ["//visibility:public"])',
  );
  add('lib/forlr.bzl', 'W = "v4"');
  add('lib/forlm.bzl', 'M = "v4"');
  add('lib/listed.bzl', 'L = "v5"');
  add('lib/defs.bzl', 'NOBODY = "v6"');
  add('lib/prelude.bzl', 'def plain(name, **kw):', '    native.genrule(name = name, tags = ["v6"], **kw)');
  add(
    'lib/rule.bzl',
    'load(":listed.bzl", "L")',
    'def _impl(ctx):',
    '    return [DefaultInfo()]',
    'thing_rule = rule(_impl, attrs = {"srcs": attr.label_list(allow_files = True), "v": attr.string(default = "v7")})',
  );
  add('real/x.bzl', 'X = "v8"');
  tree.set('lib/link.bzl', { link: '../real/x.bzl' });
}

function addRoot(add: Add, random: Random, root: string): void {
  // Repositories that nothing refers to are never fetched, so that nobody reads what they would.
  const outer = ['@gen//:read', '@gen//:t0', '@lm//:lm', '@lr//:lr', '@nl//:nl', '@nl//:a.txt']
    .filter(() => !random.once(4))
    .map((label, at) => `filegroup(name = "outer${at}", srcs = ["${label}"])`);
  add(
    root === '' ? 'BUILD' : `${root}/BUILD`,
    PUBLIC,
    'filegroup(name = "root", srcs = ["top.txt"])',
    'filegroup(name = "tree", srcs = glob(["external/**", "nowhere/*", "tools/*"], allow_empty = True))',
    ...outer,
  );
  add('top.txt', 'c0');
  add('nowhere/x.txt', 'c0');
}

function addOdd(add: Add, build: () => string): void {
  for (const name of ['foo.bzl.txt', 'BUILD.txt', 'ünïcode.txt', 'with space.txt', "qu'ote.txt", 'X.BZL'])
    add(`odd/${name}`, 'c0');
  add(
    `odd/${build()}`,
    PUBLIC,
    'filegroup(name = "odd", srcs = glob(["**"], exclude = ["BUILD", "BUILD.bazel"]))',
  );
}

function addLinks(tree: Tree, add: Add, build: () => string): void {
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
}
