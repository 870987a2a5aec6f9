import { describe, expect, it } from 'vitest';
import { filesMentioned } from './module-inputs.ts';

describe('filesMentioned', () => {
  it.each([
    ['module(name = "a")\nbazel_dep(name = "b", version = "1")', []],
    [
      'include("//sub:x.MODULE.bazel")\ninclude("@//:y.MODULE.bazel")',
      ['sub/x.MODULE.bazel', 'y.MODULE.bazel'],
    ],
    [
      'local_path_override(\n  module_name = "in",\n  path = "third_party/in", # here\n)',
      ['third_party/in/MODULE.bazel'],
    ],
    ['# local_path_override(path = X)\ngit_override(module_name = "g", commit = "abc")', []],
  ])('%j', (text, files) => {
    expect(filesMentioned(text)).toEqual(files);
  });

  it.each([
    'local_path_override(module_name = "in", path = DIRECTORY)',
    'local_path_override(module_name = "in", path = "/somewhere/else")',
    'local_path_override(module_name = "in", path = "../outside")',
    'include(SEGMENT)',
    'single_version_override(module_name = "x", patches = ["//:x.patch"])',
    'override = local_path_override',
  ])('does not understand %j', (text) => {
    expect(filesMentioned(text)).toBeUndefined();
  });
});
