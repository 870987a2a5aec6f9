import { describe, expect, test } from 'vitest';
import { mainFile } from './main-label.ts';
import { readRepositoryBzl } from './repository-bzl.ts';
import type { RepositoryBzl } from './repository-bzl.ts';
import { callsOf, loadsOf, stringsOf } from './starlark-calls.ts';

function scan(files: Readonly<Record<string, string>>): Promise<RepositoryBzl> {
  return readRepositoryBzl((path) => {
    const text = files[path];
    return Promise.resolve(text === undefined ? undefined : Buffer.from(text));
  });
}

describe('Starlark text', () => {
  test.each<[string, string, (string | undefined)[]]>([
    ['plain', 'load("//a:b.bzl", "c")', ['//a:b.bzl']],
    [
      'single quotes, line breaks, renamed symbols',
      "load(\n  '//a:b.bzl', # x\n  d = 'c',\n)",
      ['//a:b.bzl'],
    ],
    ['raw and long strings', 'load(r"a.bzl", "x")\nload("""b.bzl""", "x")', ['a.bzl', 'b.bzl']],
    ['escapes', String.raw`load("\"a\\b.bzl", "x")`, [String.raw`"a\b.bzl`]],
    ['in a comment', '# load("a.bzl", "x")\nload("b.bzl", "x")', ['b.bzl']],
    ['in a string', 'x = "load(\'a.bzl\')"\n"""\nload("c.bzl", "x")\n"""', []],
    ['a quote in a comment', '# don\'t\nload("b.bzl", "x")', ['b.bzl']],
    ['after an unfinished string', 'x = "abc\nload("b.bzl", "x")', ['b.bzl']],
    ['a method and a definition', 'x.load("a.bzl")\ndef load(y):\n  pass', []],
    ['no literal', 'load(X, "y")\nload("a" + "b", "x")\nload()', [undefined, undefined, undefined]],
    ['before other calls', 'load("a.bzl", "x")\nf(load_all = ")", y = ("load"))\ng()', ['a.bzl']],
    ['with a call in it', 'load("a.bzl", "x")\nload(f("b.bzl"), "x")', ['a.bzl', undefined]],
    ['after one with a call in it', 'load(f("b.bzl"), "x")\nload("a.bzl", "x")\n', [undefined, 'a.bzl']],
    ['escapes of characters', String.raw`load("\057\x61\u003ab\U0000002ebzl\n", "x")`, ['/a:b.bzl\n']],
    ['another name', 'reload("a.bzl")\nload_it("b.bzl")', []],
  ])('loads: %s', (_name, text, labels) => {
    expect(loadsOf(text)).toEqual(labels);
  });

  test('arguments by position and by name, nested values and open ends', () => {
    const text = 'f("a", b = "c", d = [g(1, 2), "x"], e == "y", **{"z": 1},)\nf(f("in"), "out"\n';
    expect(callsOf(text, new Set(['f']))).toEqual([
      {
        name: 'f',
        arguments: [
          { keyword: undefined, text: 'a' },
          { keyword: 'b', text: 'c' },
          { keyword: 'd', text: undefined },
          { keyword: undefined, text: undefined },
          { keyword: undefined, text: undefined },
        ],
      },
      { name: 'f', arguments: [{ keyword: undefined, text: undefined }] },
      { name: 'f', arguments: [{ keyword: undefined, text: 'in' }] },
    ]);
    expect(stringsOf('a = ["x", b("y")] # "z"')).toEqual(['x', 'y']);
  });
});

test.each<[string, string, string | undefined]>([
  ['//a/b:c/d.bzl', 'x', 'a/b/c/d.bzl'],
  ['@//a:b', 'x', 'a/b'],
  ['@@//a:b', 'x', 'a/b'],
  ['@me//a:b', 'x', 'a/b'],
  ['@@me//:b', 'x', 'b'],
  ['//a/b', 'x', 'a/b/b'],
  [':b', 'x/y', 'x/y/b'],
  ['b/c', 'x', 'x/b/c'],
  ['b', '', 'b'],
  ['@other//a:b', 'x', undefined],
  ['@@other+//a:b', 'x', undefined],
  ['@me', 'x', undefined],
])('the file of %s in %j is %s', (label, from, path) => {
  expect(mainFile(label, from, new Set(['me']))?.path).toBe(path);
});

describe('repository .bzl files', () => {
  test('of extensions, rules, included files, WORKSPACE and the prelude, with what they load', async () => {
    const found = await scan({
      'MODULE.bazel': `
        module(name = "me", version = "1", repo_name = "my_repo")
        e = use_extension("//ext:e.bzl", "e", dev_dependency = True)
        f = use_extension(extension_name = "f", extension_bzl_file = "@rules//x:f.bzl")
        rule = use_repo_rule("@my_repo//ext:rule.bzl", "rule")
        f.parse(lock = "//locks:go.sum", other = ":own.txt")
        include("//ext:more.MODULE.bazel")`,
      'ext/more.MODULE.bazel': 'use_repo_rule("//ext:more.bzl", "r")\ninclude("//ext:more.MODULE.bazel")',
      'ext/e.bzl': 'load(":sub/lib.bzl", "x")\nload("@rules//:y.bzl", "y")\nload(":e.bzl", "x")',
      'ext/sub/lib.bzl': 'load(":values.scl", "x")',
      'ext/values.scl': '',
      'WORKSPACE.bazel': 'workspace(name = "old")\nload("@old//w:deps.bzl", "deps")',
      'w/deps.bzl': 'load("//w:missing.bzl", "m")',
      'tools/build_rules/prelude_bazel': 'load("//p:prelude.bzl", "p")',
      'unrelated/x.bzl': 'load("//unrelated:y.bzl", "y")',
    });
    expect(found).toMatchObject({
      complete: true,
      extensions: ['e', 'f'],
      mainNames: ['me', 'my_repo', 'old'],
    });
    expect(found.bzl).toEqual([
      'ext/e.bzl',
      'ext/more.bzl',
      'ext/rule.bzl',
      'ext/sub/lib.bzl',
      'ext/values.scl',
      'p/prelude.bzl',
      'w/deps.bzl',
      'w/missing.bzl',
    ]);
    const paths = ['MODULE.bazel', 'WORKSPACE.bazel', 'ext/more.MODULE.bazel', 'locks/go.sum', 'own.txt'];
    expect(found.readPaths).toEqual(expect.arrayContaining(paths));
  });

  test('of a workspace with none of these files', async () => {
    expect(await scan({})).toEqual({ bzl: [], readPaths: [], mainNames: [], extensions: [], complete: true });
  });

  test.each<[string, Record<string, string>]>([
    ['use_extension in MODULE.bazel', { 'MODULE.bazel': 'X = "//a:b.bzl"\nuse_extension(X, "e")' }],
    ['literal name', { 'MODULE.bazel': 'use_extension("//a:b.bzl", N)' }],
    ['use_extension in MODULE.bazel', { 'MODULE.bazel': 'u = use_extension\nu("//a:b.bzl", "e")' }],
    ['use_repo_rule in MODULE.bazel', { 'MODULE.bazel': 'use_repo_rule("//a" + ":b.bzl", "e")' }],
    ['@other//:x.MODULE.bazel', { 'MODULE.bazel': 'include("@other//:x.MODULE.bazel")' }],
    [
      'is relative',
      { 'MODULE.bazel': 'include("//a:b.MODULE.bazel")', 'a/b.MODULE.bazel': 'use_repo_rule(":x.bzl", "x")' },
    ],
    ['a load in WORKSPACE', { WORKSPACE: 'load(X, "y")' }],
  ])('not complete: %s', async (why, files) => {
    const found = await scan(files);
    expect(found.complete).toBe(false);
    expect(found.why).toContain(why);
  });
});
