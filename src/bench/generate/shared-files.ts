import type { PlannedFile } from './package-files.ts';
import { GROUPS } from './package-layout.ts';
import { countTargets } from './project-spec.ts';
import type { ProjectSpec } from './project-spec.ts';

/** The files outside the layers: macros, rules, module files. They fetch nothing and load in Bazel 4 to 8. */
export function sharedFiles(spec: ProjectSpec): PlannedFile[] {
  return [
    { path: '.bazelignore', content: 'third_party\n' },
    { path: '.gitattributes', content: '* -text\n' },
    { path: '.gitignore', content: '/bazel-*\n/MODULE.bazel.lock\n/.dewar/\n' },
    { path: 'BUILD.bazel', content: '# The root package has no rules.\n' },
    moduleFile(1),
    workspaceFile(1),
    { path: 'README.md', content: readme(spec) },
    { path: 'build/defs/BUILD.bazel', content: '# Macros only.\n' },
    { path: 'build/defs/common.bzl', content: COMMON },
    { path: 'build/defs/generated.bzl', content: GENERATED },
    { path: 'build/defs/text_library.bzl', content: TEXT_LIBRARY },
    { path: 'build/defs/version.bzl', content: VERSION },
    ...Array.from({ length: GROUPS }, (_, group) => groupFile(group, 1)),
    ...[1, 2].flatMap(versionsModule),
  ];
}

/** The macro file that every eighth package loads. */
export function groupFile(group: number, level: number): PlannedFile {
  return {
    path: `build/defs/group_${group}.bzl`,
    content: `load("//build/defs:common.bzl", "tags_of")
load("//build/defs:text_library.bzl", "text_library")

_LEVEL = ${level}

def library(name, srcs, deps, **kwargs):
    text_library(
        name = name,
        srcs = srcs,
        deps = deps,
        level = _LEVEL,
        tags = tags_of("group_${group}"),
        **kwargs
    )
`,
  };
}

/** @param versions which of the two checked-in modules `@versions` is */
export function moduleFile(versions: number): PlannedFile {
  return {
    path: 'MODULE.bazel',
    content: `module(
    name = "generated",
    version = "1.0.0",
)

bazel_dep(name = "versions", version = "${versions}.0.0")
local_path_override(
    module_name = "versions",
    path = "third_party/versions_${versions}",
)
`,
  };
}

/** The same for a Bazel without modules. */
export function workspaceFile(versions: number): PlannedFile {
  return {
    path: 'WORKSPACE',
    content: `workspace(name = "generated")

local_repository(
    name = "versions",
    path = "third_party/versions_${versions}",
)
`,
  };
}

function versionsModule(versions: number): PlannedFile[] {
  const path = `third_party/versions_${versions}`;
  return [
    { path: `${path}/BUILD.bazel`, content: '# Values only.\n' },
    {
      path: `${path}/MODULE.bazel`,
      content: `module(\n    name = "versions",\n    version = "${versions}.0.0",\n)\n`,
    },
    { path: `${path}/WORKSPACE`, content: 'workspace(name = "versions")\n' },
    { path: `${path}/defs.bzl`, content: `RELEASE = "${versions}.0.0"\n` },
  ];
}

const COMMON = `def tags_of(group):
    return ["generated", group]

COMMAND = "cat $(SRCS) > $@"
`;

const GENERATED = `load("//build/defs:common.bzl", "COMMAND", "tags_of")

def generated_text(name, srcs, out):
    native.genrule(
        name = name,
        srcs = srcs,
        outs = [out],
        cmd = COMMAND,
        tags = tags_of("texts"),
    )
`;

const TEXT_LIBRARY = `def _text_library_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".list")
    paths = [file.path for file in ctx.files.srcs + ctx.files.deps]
    ctx.actions.write(out, "\\n".join([ctx.attr.version, str(ctx.attr.level)] + paths) + "\\n")
    return [DefaultInfo(files = depset([out]))]

text_library = rule(
    implementation = _text_library_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = True),
        "deps": attr.label_list(allow_files = True),
        "level": attr.int(default = 0),
        "revision": attr.int(default = 0),
        "version": attr.string(default = "none"),
    },
)
`;

const VERSION = `load("@versions//:defs.bzl", "RELEASE")

VERSION = "generated-" + RELEASE
`;

function readme(spec: ProjectSpec): string {
  return `# A generated project

Made by \`dewar bench generate --packages ${spec.packages} --targets-per-package ${spec.targetsPerPackage} --layers ${spec.layers} --seed ${spec.seed}\`:
${countTargets(spec)} targets. The branches \`bench/*\` are commits on top of \`main\` that change one thing each.
`;
}
