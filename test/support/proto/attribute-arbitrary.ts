import * as fc from 'fast-check';
import type { AttributeData } from './build-proto.ts';

export const ATTRIBUTE_NAMES: readonly string[] = [
  'name',
  'srcs',
  'tags',
  'cmd',
  'generator_name',
  'generator_location',
  '$implicit',
  ':late_bound',
  'visibility',
  '\u{1f600}',
  '\ue000',
  '\uffe6',
];

const word = fc.constantFrom(
  '',
  'a',
  'volatile',
  'manual',
  'x'.repeat(200),
  '\u00c3\u00a9',
  '\u{1d4b3}',
  'line\nbreak',
);

/** An attribute of any type, with fields in the order in which Bazel writes them. */
export const attributeArbitrary: fc.Arbitrary<AttributeData> = fc
  .tuple(
    fc.constantFrom(...ATTRIBUTE_NAMES),
    fc.option(fc.boolean(), { nil: undefined }),
    fc.option(fc.boolean(), { nil: undefined }),
    fc.oneof(
      fc.record({ type: fc.constant(1), intValue: fc.integer() }),
      fc.record({ type: fc.constantFrom(2, 3, 4), stringValue: word }),
      fc.record({ type: fc.constantFrom(5, 6, 7), stringListValue: fc.array(word, { maxLength: 4 }) }),
      fc.record({ type: fc.constant(10), stringDict: fc.array(fc.tuple(word, word), { maxLength: 3 }) }),
      fc.record({
        type: fc.constant(14),
        intValue: fc.constantFrom(0, 1),
        stringValue: fc.constantFrom('true', 'false'),
        booleanValue: fc.boolean(),
      }),
      fc.record({ type: fc.constant(16), intListValue: fc.array(fc.integer(), { maxLength: 4 }) }),
      fc.record({
        type: fc.constant(20),
        selectorList: fc.array(fc.array(fc.tuple(word, fc.array(word, { maxLength: 2 })), { maxLength: 2 }), {
          maxLength: 2,
        }),
      }),
    ),
  )
  .map(([name, explicitlySpecified, nodep, value]) => ({ name, ...value, explicitlySpecified, nodep }));
