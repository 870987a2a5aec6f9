import { describe, expect, test } from 'vitest';
import { classifyChanges } from './classify-changes.ts';
import type { Classification, KnownGraph, PathChange } from './classify-changes.ts';
import { FULL_REASONS } from './full-reasons.ts';
import type { FullReason } from './full-reasons.ts';

interface Known extends Omit<KnownGraph, 'isPackage' | 'loadersOf' | 'loadersBelow'> {
  packages: string[];
  loaders: Record<string, string[]>;
}

const MAIN_LOADERS = { 'build/x.bzl': ['lib', 'a'], 'a/b/y.scl': ['lib'], 'a/deep/z.bzl': ['a/b'] };
const KNOWN: Known = {
  packages: ['', 'a', 'a/b', 'a/b/c/d', 'lib', 'build'],
  loaders: { ...MAIN_LOADERS, 'lib/e.bzl': ['@r//p'] },
  readPaths: new Set(['data/read.txt', 'a/locked/go.mod']),
  sharedDirectories: ['shared', 'link'],
  repositoryBzl: new Set(['build/repo/rules.bzl']),
  hasErrors: false,
  configured: false,
};

function known(overrides: Partial<Known> = {}): KnownGraph {
  const { packages, loaders, ...rest } = { ...KNOWN, ...overrides };
  return {
    ...rest,
    isPackage: (directory) => packages.includes(directory),
    loadersOf: (path) => loaders[path],
    loadersBelow: (directory) =>
      Object.entries(loaders)
        .filter(([path]) => directory === '' || path.startsWith(`${directory}/`))
        .flatMap(([, users]) => users),
  };
}

const added = (path: string, newMode = '100644'): PathChange => ({
  path,
  status: 'added',
  oldMode: undefined,
  newMode,
});
const deleted = (path: string, oldMode = '100644'): PathChange => ({
  path,
  status: 'deleted',
  oldMode,
  newMode: undefined,
});
const modified = (path: string, oldMode = '100644', newMode: string = oldMode): PathChange => ({
  path,
  status: 'modified',
  oldMode,
  newMode,
});

function packagesOf(result: Classification): readonly string[] | string {
  return result.tier === 'partial' ? result.packages : result.tier === 'full' ? result.reason : 'graph';
}

describe('contents only', () => {
  test.each([
    'a/x.txt',
    'nowhere/x.txt',
    'build/unused.bzl',
    'a/b/some build',
    'a/BUILDER',
    'tools/other',
    'workspace.json',
  ])('%s', (path) => {
    const changes = [modified(path), modified('run.sh', '100755')];
    expect(classifyChanges(changes, known())).toEqual({ tier: 'graph', contents: changes });
  });

  test('nothing changed', () => {
    expect(classifyChanges([], known())).toEqual({ tier: 'graph', contents: [] });
  });
});

describe('packages to load again', () => {
  test.each<[string, PathChange[], string[]]>([
    ['a BUILD file', [modified('a/b/BUILD')], ['a/b']],
    ['a BUILD.bazel file', [modified('lib/BUILD.bazel')], ['lib']],
    ['the root BUILD file', [modified('BUILD')], ['']],
    ['a new package', [added('a/n/BUILD')], ['a', 'a/n']],
    ['a package in a new one', [added('n/m/BUILD.bazel'), added('n/BUILD')], ['', 'n', 'n/m']],
    ['a package that goes', [deleted('a/b/c/d/BUILD')], ['a/b', 'a/b/c/d']],
    ['a package that moves', [deleted('a/b/c/d/BUILD'), added('a/b/c/BUILD')], ['a/b', 'a/b/c', 'a/b/c/d']],
    ['BUILD.bazel beside BUILD', [added('a/b/c/d/BUILD.bazel')], ['a/b', 'a/b/c/d']],
    ['BUILD for BUILD.bazel', [added('lib/BUILD'), deleted('lib/BUILD.bazel')], ['', 'lib']],
    ['an added file', [added('a/c/d/x.txt')], ['a']],
    ['an added file beside a changed BUILD file', [added('a/b/x.txt'), modified('a/b/BUILD')], ['a/b']],
    ['a deleted file', [deleted('a/b/x.txt')], ['a/b']],
    ['an added file of the root package', [added('x.txt')], ['']],
    ['an added file where a package comes', [added('a/n/x/y.txt'), added('a/n/BUILD')], ['a', 'a/n']],
    [
      'a deleted file where a package goes',
      [deleted('a/b/c/d/x'), deleted('a/b/c/d/BUILD')],
      ['a/b', 'a/b/c/d'],
    ],
    ['a loaded .bzl', [modified('build/x.bzl')], ['a', 'lib']],
    ['a loaded .scl', [modified('a/b/y.scl')], ['lib']],
    ['a deleted .bzl', [deleted('build/x.bzl')], ['a', 'build', 'lib']],
    ['an added .bzl', [added('build/n.bzl')], ['build']],
    [
      'a loaded .bzl that loads a new one from now on',
      [modified('build/x.bzl'), added('build/n.bzl')],
      ['a', 'build', 'lib'],
    ],
    [
      'a BUILD file that loads a changed .bzl from now on',
      [modified('a/b/BUILD'), modified('build/x.bzl')],
      ['a', 'a/b', 'lib'],
    ],
    [
      'a .bzl that moves, with one of those that load it',
      [deleted('build/x.bzl'), added('a/b/x.bzl'), modified('a/BUILD.bazel')],
      ['a', 'a/b', 'build', 'lib'],
    ],
    ['labels of .bzl files in a new package', [added('a/deep/BUILD')], ['a', 'a/b', 'a/deep']],
  ])('%s', (_name, changes, expected) => {
    const graph = known({ loaders: MAIN_LOADERS });
    const result = classifyChanges(changes, graph);
    expect(packagesOf(result)).toEqual(expected);
    expect(packagesOf(classifyChanges(changes.toReversed(), graph))).toEqual(expected);
    expect(result).toMatchObject({ tier: 'partial', contents: changes });
  });

  test('the root package goes', () => {
    const facts = { loaders: MAIN_LOADERS, readPaths: new Set<string>(), repositoryBzl: new Set<string>() };
    expect(packagesOf(classifyChanges([deleted('BUILD')], known(facts)))).toEqual(['', 'a', 'a/b', 'lib']);
  });

  test('a file that comes outside of all packages loads none, but is no mere change of content', () => {
    const graph = known({ packages: ['a'] });
    const changes = [added('b/x.txt'), added('x.txt')];
    expect(classifyChanges(changes, graph)).toEqual({ tier: 'partial', packages: [], contents: changes });
  });
});

describe('a full query', () => {
  const FULL: readonly [FullReason, PathChange[]][] = [
    ['odd-path', [modified('a/x:y')]],
    ['odd-path', [modified('a/é.txt')]],
    ['odd-path', [modified('a\\b')]],
    ['odd-path', [modified('a/x\ny')]],
    ['odd-path', [modified('')]],
    ['odd-path', [modified('/a')]],
    ['odd-path', [modified('a/../b')]],
    ['odd-case', [modified('a/build')]],
    ['odd-case', [added('a/Build.Bazel')]],
    ['odd-case', [modified('a/X.BZL')]],
    ['odd-case', [modified('module.bazel')]],
    ['odd-case', [modified('Tools/bazel')]],
    ['odd-case', [modified('a/workspace')]],
    ['unknown-change', [modified('a/x'), modified('a/x')]],
    ['unknown-change', [modified('a/x', '040000')]],
    ['unknown-change', [{ path: 'a/x', status: 'modified', oldMode: undefined, newMode: '100644' }]],
    ['unknown-change', [{ path: 'a/x', status: 'added', oldMode: '100644', newMode: '100644' }]],
    ['unknown-change', [{ path: 'a/x', status: 'deleted', oldMode: undefined, newMode: undefined }]],
    ['unknown-change', [{ ...modified('a/x'), status: 'unmerged' as PathChange['status'] }]],
    ['type-changed', [{ ...modified('a/x'), status: 'type-changed' }]],
    ['mode-changed', [modified('a/x', '100644', '100755')]],
    ['symlink', [added('a/x', '120000')]],
    ['symlink', [deleted('a/x', '120000')]],
    ['symlink', [{ ...modified('a/x', '100644', '120000'), status: 'type-changed' }]],
    ['submodule', [modified('a/x', '160000')]],
    ['submodule', [modified('.gitmodules')]],
    ['module-file', [modified('MODULE.bazel')]],
    ['module-file', [modified('MODULE.bazel.lock')]],
    ['module-file', [added('a/MODULE.bazel')]],
    ['module-file', [modified('third_party/go.MODULE.bazel')]],
    ['module-file', [modified('WORKSPACE')]],
    ['module-file', [modified('WORKSPACE.bazel')]],
    ['module-file', [modified('WORKSPACE.bzlmod')]],
    ['module-file', [added('a/REPO.bazel')]],
    ['module-file', [added('VENDOR.bazel')]],
    ['rc-file', [modified('.bazelrc')]],
    ['rc-file', [modified('tools/ci.bazelrc')]],
    ['rc-file', [modified('tools/bazel.rc')]],
    ['bazel-version', [modified('.bazelversion')]],
    ['bazelignore', [modified('.bazelignore')]],
    ['prelude', [added('tools/build_rules/prelude_bazel')]],
    ['prelude', [added('tools/build_rules/BUILD')]],
    ['tools-bazel', [modified('tools/bazel', '100755')]],
    ['tools-bazel', [modified('tools/bazel.bat')]],
    ['git-attributes', [modified('a/.gitattributes')]],
    ['external-directory', [added('external/x/BUILD')]],
    ['shared-directory', [modified('shared/x/y')]],
    ['shared-directory', [added('link')]],
    ['read-by-repository', [modified('data/read.txt')]],
    ['repository-bzl', [modified('build/repo/rules.bzl')]],
    ['repository-package', [added('build/repo/BUILD')]],
    ['repository-package', [added('a/locked/BUILD.bazel')]],
    ['external-loader', [modified('lib/e.bzl')]],
    ['unknown-package', [modified('nowhere/BUILD')]],
  ];

  test.each(FULL)('%s: %j', (reason, changes) => {
    const path = changes[0]?.path;
    expect(classifyChanges([modified('a/plain.txt'), ...changes], known())).toEqual({
      tier: 'full',
      reason,
      path,
    });
  });

  test.each<[FullReason, Partial<Known>]>([
    ['configured', { configured: true }],
    ['base-errors', { hasErrors: true }],
    ['flags', { dependentPackages: true }],
  ])('%s, whatever changed', (reason, facts) => {
    const expected = { tier: 'full', reason, path: undefined };
    expect(classifyChanges([], known(facts))).toEqual(expected);
    expect(classifyChanges([modified('a/x')], known(facts))).toEqual(expected);
  });

  test('a shared workspace shares everything', () => {
    expect(packagesOf(classifyChanges([modified('a/x')], known({ sharedDirectories: [''] })))).toBe(
      'shared-directory',
    );
  });

  test('each reason is explained and has a case', () => {
    const covered = new Set([...FULL.map(([reason]) => reason), 'configured', 'base-errors', 'flags']);
    expect(Object.keys(FULL_REASONS).toSorted()).toEqual([...covered].toSorted());
  });
});
