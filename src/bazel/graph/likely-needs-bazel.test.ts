import { expect, test } from 'vitest';
import type { PathChange } from './classify-changes.ts';
import { likelyNeedsBazel } from './likely-needs-bazel.ts';

const change = (path: string, status: PathChange['status'] = 'modified'): PathChange => ({
  path,
  status,
  oldMode: '100644',
  newMode: '100644',
});

test.each([
  [[change('a/BUILD')], true],
  [[change('a/BUILD.bazel')], true],
  [[change('defs/rules.bzl')], true],
  [[change('a/new.txt', 'added')], true],
  [[change('a/old.txt', 'deleted')], true],
  [[change('WORKSPACE')], true],
  [[change('a/one.txt'), change('b/BUILD')], true],
  [[change('a/one.txt'), change('b/BUILD.md')], false],
  [[], false],
])('%j: %s', (changes, needed) => {
  expect(likelyNeedsBazel(changes)).toBe(needed);
});
