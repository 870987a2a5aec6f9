import { expect, test } from 'vitest';
import type { PathChange } from './classify-changes.ts';
import type { GraphFacts } from './graph-index.ts';
import { whyLoadersUnknown } from './known-graph.ts';

const FACTS: GraphFacts = {
  seed: '',
  configured: false,
  includeTargetType: false,
  bzlmod: true,
  fineGrainedRepos: [],
  readPaths: [],
  sharedDirectories: [],
  repositoryBzl: [],
};

function changed(path: string, status: PathChange['status']): PathChange {
  return { path, status, oldMode: undefined, newMode: undefined };
}

test.each<[string, PathChange['status']]>([
  ['lib/x.bzl', 'modified'],
  ['lib/x.scl', 'added'],
  // Where a package begins, labels of .bzl files end.
  ['lib/BUILD', 'added'],
  ['BUILD.bazel', 'deleted'],
])('%s, %s, needs to know who loads what', (path, status) => {
  const changes = [changed('a.txt', 'added'), changed(path, status)];
  const facts = { ...FACTS, unknownLoaders: 'some reason' };
  expect(whyLoadersUnknown({ facts }, changes)).toMatch(new RegExp(`^${path}: .*some reason$`));
  expect(whyLoadersUnknown({ facts: FACTS }, changes)).toBeUndefined();
});

test.each<[string, PathChange['status']]>([
  ['lib/BUILD.bazel', 'modified'],
  ['lib/x.bzl.txt', 'added'],
])('%s, %s, does not', (path, status) => {
  const facts = { ...FACTS, unknownLoaders: 'some reason' };
  expect(whyLoadersUnknown({ facts }, [changed(path, status)])).toBeUndefined();
});
