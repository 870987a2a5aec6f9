export const PUBLIC = 'visibility = ["//visibility:public"]';

/** A workspace in which every kind of edit has somebody whom it reaches. */
export const FILES: Record<string, string> = {
  'MODULE.bazel':
    'module(name = "small")\nbazel_dep(name = "dep")\nlocal_path_override(module_name = "dep", path = "dep")\nlocal_path_override(module_name = "inner", path = "inner")\n',
  '.bazelignore': 'dep\ninner\ninner2\n',
  '.gitignore': 'bazel-*\n',
  'dep/MODULE.bazel': 'module(name = "dep", version = "1.0")\nbazel_dep(name = "inner", version = "1.0")\n',
  'dep/BUILD': `filegroup(name = "g", srcs = ["@inner//:i"], ${PUBLIC})\n`,
  'inner/MODULE.bazel': 'module(name = "inner", version = "1.0")\n',
  'inner/BUILD': `genrule(name = "i", outs = ["i.out"], cmd = "echo 1 > $@", ${PUBLIC})\n`,
  BUILD: '',
  'defs/BUILD': '',
  'defs/macro.bzl': `def thing(name, **kw):\n    native.genrule(name = name, outs = [name + ".out"], cmd = "echo one > $@", **kw)\n`,
  'defs/rule.bzl':
    'load(":helper.bzl", "VALUE")\ndef _impl(ctx):\n    return []\ncustom = rule(implementation = _impl, attrs = {"srcs": attr.label_list(allow_files = True), "n": attr.int()})\n',
  'defs/helper.bzl': 'VALUE = 1\n',
  'lib/BUILD': [
    'load("//defs:macro.bzl", "thing")',
    'load("//defs:rule.bzl", "custom")',
    `filegroup(name = "files", srcs = glob(["*.txt"]), ${PUBLIC})`,
    `genrule(name = "gen", srcs = [":files"], outs = ["gen.out"], cmd = "cat $(SRCS) > $@", ${PUBLIC})`,
    `thing(name = "made", ${PUBLIC})`,
    `custom(name = "cust", srcs = [":a.txt"], n = 1, ${PUBLIC})`,
    'filegroup(name = "external", srcs = ["@dep//:g"])',
    '',
  ].join('\n'),
  'lib/a.txt': 'a\n',
  'lib/b.txt': 'b\n',
  'lib/odd <&"é.txt': 'odd\n',
  'old/BUILD': 'exports_files(["x"])\n',
  'old/x': 'x\n',
  'app/BUILD': [
    'filegroup(name = "app", srcs = ["//lib:gen.out", "//lib:made", "//old:x"])',
    'filegroup(name = "top", srcs = [":app"])',
    'filegroup(name = "alone", srcs = ["data.txt"])',
    '',
  ].join('\n'),
  'app/data.txt': 'd\n',
};

export const APP: string = FILES['app/BUILD']!;
export const LIB: string = FILES['lib/BUILD']!;
