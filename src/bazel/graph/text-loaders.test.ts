import { expect, test } from 'vitest';
import { textLoaders } from './text-loaders.ts';

const FILES: Record<string, string> = {
  'BUILD.bazel': 'load("//a:x.bzl", "x")',
  'a/BUILD': 'load(":x.bzl", "x")\nload("@other//:z.bzl", "z")',
  'b/BUILD': 'load("@me//b:deep/y.bzl", "y")',
  'c/BUILD': '# load("//a:x.bzl", "x")',
  'a/x.bzl': 'load("//b:deep/y.bzl", "y")\nload("//a:values.scl", "v")',
  'b/deep/y.bzl': 'load(":near.bzl", "n")\nload("//b:deep/y.bzl", "y")',
  'b/near.bzl': '',
};
const PACKAGES = ['', 'a', 'b', 'c'].map((directory) => ({
  directory,
  buildFile: directory === '' ? 'BUILD.bazel' : 'BUILD',
}));

function loaders(files: Record<string, string>): ReturnType<typeof textLoaders> {
  return textLoaders({
    packages: PACKAGES,
    mainNames: new Set(['me']),
    read: (path) => Promise.resolve(files[path] === undefined ? undefined : Buffer.from(files[path])),
  });
}

test('packages by what they load, directly or not, also by BUILD.bazel and of files that are missing', async () => {
  expect(await loaders(FILES)).toEqual(
    new Map([
      ['a/x.bzl', ['', 'a']],
      ['a/values.scl', ['', 'a']],
      ['b/deep/y.bzl', ['', 'a', 'b']],
      ['b/near.bzl', ['', 'a', 'b']],
    ]),
  );
});

test.each(['c/BUILD', 'b/near.bzl'])('a load in %s that is not understood', async (path) => {
  expect(await loaders({ ...FILES, [path]: 'load(X, "x")' })).toContain(path);
});
