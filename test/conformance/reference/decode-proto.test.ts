import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { decodeTargets } from '../../reference/decode-proto.ts';

/** Bytes written by hand from the field numbers: Target{type: RULE, rule{name, rule_class, attribute{name, type, string_value}}}. */
const RULE_FRAME = '1b 0801 1217 0a03 2f2f61 1203 672f72 220b 0a01 6e 1002 2a04 61c3a962';

test('a frame written by hand', () => {
  const [rule] = decodeTargets(hex(RULE_FRAME));
  expect(rule).toMatchObject({
    kind: 'Rule',
    name: '//a',
    ruleClass: 'g/r',
    environmentHash: undefined,
    ruleInputs: [],
  });
  const attribute = rule?.kind === 'Rule' ? rule.attributes[0] : undefined;
  expect(attribute).toMatchObject({ name: 'n', type: 2, stringValue: 'aéb' });
  expect(Buffer.from(attribute?.raw ?? []).toString('hex')).toBe('0a016e10022a0461c3a962');
});

test.each([
  ['cut off in a frame', RULE_FRAME.slice(0, -3), 'after the stream'],
  ['cut off in a length', 'ff', 'cut off'],
  ['endless varint', 'ff'.repeat(11), 'longer than 10'],
  ['group', '01 0b', 'wire type 3'],
  ['field number 0', '02 0001', 'field number 0'],
  ['no type', '02 1200', 'without a type'],
])('%s is an error', (_, bytes, message) => {
  expect(() => decodeTargets(hex(bytes))).toThrow(message);
});

function hex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}
