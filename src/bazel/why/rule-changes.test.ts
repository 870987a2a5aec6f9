import { expect, test } from 'vitest';
import { encodeTarget } from '../../../test/support/proto/build-proto.ts';
import type { AttributeData } from '../../../test/support/proto/build-proto.ts';
import { describeChange } from './describe-change.ts';
import { rule } from '../../../test/support/graph-of.ts';
import { ruleChanges } from './rule-changes.ts';
import { describeRule } from './rule-description.ts';
import type { RuleDescription } from './rule-description.ts';

function described(attributes: readonly AttributeData[], ruleClass = 'thing'): RuleDescription {
  const bytes = Buffer.from(encodeTarget(rule('//a:r', [], { attributes, ruleClass })));
  const found = describeRule(bytes, 0, bytes.length);
  if (found === undefined) throw new Error('no rule');
  return found;
}

const text = (name: string, stringValue: string): AttributeData => ({ name, type: 2, stringValue });
const list = (name: string, stringListValue: readonly string[]): AttributeData => ({
  name,
  type: 6,
  stringListValue,
});

test.each<[string, AttributeData[], AttributeData[], string[]]>([
  ['nothing', [text('a', 'x')], [text('a', 'x')], []],
  ['a text', [text('a', 'x')], [text('a', 'y')], ['attribute a: "x" -> "y"']],
  ['a text that comes', [], [text('a', 'y')], ['attribute a: (not set) -> "y"']],
  [
    'a number below zero',
    [{ name: 'n', type: 1, intValue: 1 }],
    [{ name: 'n', type: 1, intValue: -7 }],
    ['attribute n: 1 -> -7'],
  ],
  [
    'numbers',
    [{ name: 'n', type: 16, intListValue: [1, -2] }],
    [{ name: 'n', type: 16, intListValue: [1, 3] }],
    ['attribute n: + 3, - -2'],
  ],
  [
    'a map',
    [{ name: 'd', type: 10, stringDict: [['k', 'v']] }],
    [{ name: 'd', type: 10, stringDict: [['k', 'w']] }],
    ['attribute d: {"k":"v"} -> {"k":"w"}'],
  ],
  [
    'labels',
    [list('deps', ['//a', '//b'])],
    [list('deps', ['//b', '//c'])],
    ['attribute deps: + "//c", - "//a"'],
  ],
  [
    'their order',
    [list('deps', ['//a', '//b'])],
    [list('deps', ['//b', '//a'])],
    ['attribute deps: the same in another order or number'],
  ],
  [
    'whether it is set',
    [{ name: 'b', type: 14, booleanValue: false, explicitlySpecified: false }],
    [{ name: 'b', type: 14, booleanValue: false, explicitlySpecified: true }],
    ['attribute b: now set in so many words, to the same value (false)'],
  ],
  ['where a macro was called', [text('generator_location', 'a:1')], [text('generator_location', 'a:2')], []],
  ['what the user leaves out', [text('mine', 'a')], [text('mine', 'b')], []],
  [
    'its code',
    [text('$rule_implementation_hash', '1')],
    [text('$rule_implementation_hash', '2')],
    ['the Starlark code of the rule changed: d/x.bzl'],
  ],
])('%s', (_name, before, after, words) => {
  const changes = ruleChanges(described(before), described(after), ['mine'], ['d/x.bzl']);
  expect(changes.map(describeChange)).toEqual(words);
});

test('another class: of its attributes, only those that somebody set', () => {
  const before = described([text('cmd', ''), { ...text('out', 'x'), explicitlySpecified: true }], 'one');
  const after = described([text('srcs', '')], 'two');
  expect(ruleChanges(before, after, [], []).map(describeChange)).toEqual([
    'rule class: one -> two',
    'attribute out: "x" -> (not set)',
  ]);
});
