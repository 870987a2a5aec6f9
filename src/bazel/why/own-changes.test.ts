import { expect, test } from 'vitest';
import type { TargetData } from '../../../test/support/proto/build-proto.ts';
import { GraphPair } from './graph-pair.ts';
import { ownChanges } from './own-changes.ts';
import { generated, graphOf, rule, source } from '../../../test/support/graph-of.ts';

type Contents = Readonly<Record<string, string>>;
type State = readonly [readonly TargetData[], Contents?];

const OPEN = 'other';
const NO_STACK = { instantiationStack: undefined };
const group = (containedPackages: readonly string[]): TargetData => ({
  kind: 'PackageGroup',
  name: '//a:group',
  containedPackages,
});

const CASES: readonly [string, State, State, string, readonly object[]][] = [
  [
    'a rule by itself',
    [[rule('//a:r')]],
    [[rule('//a:r', [], { ruleClass: 'other' })]],
    '//a:r',
    [{ kind: 'definition', why: expect.any(String) }],
  ],
  [
    'a source file',
    [[source('//a:f')], { 'a/f': '1' }],
    [[source('//a:f')], { 'a/f': '2' }],
    '//a:f',
    [{ kind: 'file', label: '//a:f', file: 'a/f', event: OPEN }],
  ],
  [
    'a file that a rule reads',
    [[source('//a:f'), rule('//a:r', ['//a:f'])], { 'a/f': '1' }],
    [[source('//a:f'), rule('//a:r', ['//a:f'])], { 'a/f': '2' }],
    '//a:r',
    [{ kind: 'file', label: '//a:f', file: 'a/f', event: OPEN }],
  ],
  [
    'what a BUILD file loads',
    [[source('//a:BUILD', ['//d:x.bzl', '//d:z.bzl'])]],
    [[source('//a:BUILD', ['//d:x.bzl', '//d:y.bzl'])]],
    '//a:BUILD',
    [
      { kind: 'file', label: '//a:BUILD', file: 'a/BUILD', event: OPEN },
      { kind: 'loads', label: '//a:BUILD', added: ['//d:y.bzl'], removed: ['//d:z.bzl'] },
    ],
  ],
  [
    'inputs',
    [[rule('//a:x'), source('//a:y'), source('//a:z'), rule('//a:r', ['//a:x', '//a:y', '//a:z'])]],
    [[rule('//a:v'), generated('//a:y', '//a:v'), rule('//a:r', ['//a:v', '//a:y', '//a:x', '//a:z'])]],
    '//a:r',
    [
      { kind: 'input-added', label: '//a:v', type: 'Rule' },
      { kind: 'input-type', label: '//a:x', before: 'Rule', after: null },
      {
        kind: 'input-type',
        label: '//a:y',
        before: 'SourceFile',
        after: 'GeneratedFile',
        generatedBy: '//a:v',
      },
      { kind: 'file', label: '//a:y', file: 'a/y', event: OPEN },
      { kind: 'input-type', label: '//a:z', before: 'SourceFile', after: null },
      { kind: 'file', label: '//a:z', file: 'a/z', event: OPEN },
    ],
  ],
  [
    'the stack of macros',
    [[rule('//a:r', [], { instantiationStack: ['a/BUILD:1:1: x', 'd/m.bzl:1:1: m'] })]],
    [[rule('//a:r', [], { instantiationStack: ['a/BUILD:1:1: x', 'd/n.bzl:1:1: n'] })]],
    '//a:r',
    [
      { kind: 'bzl', file: 'd/m.bzl', event: 'no-longer-used' },
      { kind: 'bzl', file: 'd/n.bzl', event: 'newly-used' },
    ],
  ],
  [
    'a tag',
    [[rule('//a:r', [], { attributes: [{ name: 'tags', type: 5, stringListValue: ['always'] }] })]],
    [[rule('//a:r', [], { attributes: [{ name: 'tags', type: 5, stringListValue: ['always'] }] })]],
    '//a:r',
    [{ kind: 'always-affected' }],
  ],
  [
    'another generating rule',
    [[rule('//a:g'), generated('//a:out', '//a:g')]],
    [[rule('//a:h'), generated('//a:out', '//a:h')]],
    '//a:out',
    [{ kind: 'generating-rule', before: '//a:g', after: '//a:h' }],
  ],
  [
    'another type',
    [[source('//a:x')]],
    [[rule('//a:x')]],
    '//a:x',
    [
      { kind: 'target-type', before: 'SourceFile', after: 'Rule' },
      { kind: 'file', label: '//a:x', file: 'a/x', event: OPEN },
    ],
  ],
  [
    'a new target',
    [[rule('//a:x')]],
    [[rule('//a:x'), rule('//a:y')]],
    '//a:y',
    [{ kind: 'target-added', type: 'Rule' }],
  ],
  [
    'a package that is gone',
    [[rule('//a:x')]],
    [[rule('//b:x')]],
    '//a:x',
    [
      { kind: 'package-removed', package: '//a' },
      { kind: 'target-removed', type: 'Rule' },
    ],
  ],
  [
    'a package group',
    [[group(['//a'])]],
    [[group(['//a', '//b'])]],
    '//a:group',
    [{ kind: 'package-group', label: '//a:group' }],
  ],
  ['nothing at all', [[rule('//a:r')]], [[rule('//a:r')]], '//a:r', [{ kind: 'unknown' }]],
];

test.each(CASES)('%s', async (_name, before, after, label, changes) => {
  const pair = new GraphPair(await graphOf(...before), await graphOf(...after));
  expect(ownChanges(pair, label)).toEqual(changes);
});

test('without any stack, what the package loads counts', async () => {
  // The digest of a .bzl file is known only where the file is: content hashes do not make it one.
  const targets = [source('//a:BUILD', ['//d:x.bzl']), rule('//a:r', [], NO_STACK)];
  const pair = new GraphPair(await graphOf(targets), await graphOf(targets));
  expect(pair.after.packageLoads('//a')).toEqual(['//d:x.bzl']);
  expect(pair.after.stack('//a:r')).toBeUndefined();
});
