import { WIRE, WireReader, badQueryOutput } from '../query/wire.ts';
import type { AttributeValue } from './change.ts';

/** An attribute of a rule, decoded for people. */
export interface DecodedAttribute {
  name: string;
  value: AttributeValue;
  /** The BUILD file (or macro) sets it. */
  explicit: boolean;
  /** The message as it is hashed. */
  bytes: Buffer;
}

/** Fields of `blaze_query.Attribute` (build.proto of Bazel 7.7.1; older ones have the same numbers). */
const FIELD = {
  name: 1,
  type: 2,
  int: 3,
  string: 5,
  stringList: 6,
  stringDict: 8,
  labelListDict: 10,
  stringListDict: 11,
  explicit: 13,
  boolean: 14,
  tristate: 15,
  intList: 17,
  labelDictUnary: 19,
  labelKeyedStringDict: 22,
} as const;

/** `Attribute.Discriminator` where the type, not the field that is there, says what an empty value is. */
const TYPE = { boolean: 14, tristate: 15 } as const;
const LIST_TYPES: ReadonlySet<number> = new Set([5, 6, 7, 8, 16]);
const MAP_TYPES: ReadonlySet<number> = new Set([10, 12, 13, 19, 21]);
const TRISTATES = ['no', 'yes', 'auto'];

/** @throws DewarError BAD_QUERY_OUTPUT */
export function decodeAttribute(buffer: Uint8Array, start: number, end: number): DecodedAttribute {
  const reader = new WireReader().reset(buffer, start, end);
  const text = (): string => {
    const from = reader.bytes();
    return textOf(buffer, from, reader.position);
  };
  let name = '';
  let type = 0;
  let explicit = false;
  let scalar: string | number | boolean | null = null;
  let truth: boolean | undefined;
  let tristate: number | undefined;
  const list: (string | number)[] = [];
  const entries: [string, string | string[]][] = [];
  while (reader.position < end) {
    const tag = reader.varint();
    const field = tag >> 3;
    if ((tag & 7) === WIRE.varint) {
      if (field === FIELD.int || field === FIELD.intList) {
        const number = signedVarint(reader);
        if (field === FIELD.int) scalar = number;
        else list.push(number);
        continue;
      }
      const value = reader.varint();
      if (field === FIELD.type) type = value;
      else if (field === FIELD.explicit) explicit = value !== 0;
      else if (field === FIELD.boolean) truth = value !== 0;
      else if (field === FIELD.tristate) tristate = value;
    } else if (field === FIELD.name) name = text();
    else if (field === FIELD.string) scalar = text();
    else if (field === FIELD.stringList) list.push(text());
    else if (ENTRY_FIELDS.has(field)) {
      const from = reader.bytes();
      entries.push(decodeEntry(buffer, from, reader.position, MANY_VALUED.has(field)));
    } else if (field === FIELD.intList) {
      // Packed: all the numbers in one field.
      const from = reader.bytes();
      const numbers = new WireReader().reset(buffer, from, reader.position);
      while (numbers.position < numbers.end) list.push(signedVarint(numbers));
    } else reader.skip(tag & 7);
  }
  if (name === '') throw badQueryOutput('an attribute has no name');
  const value = ((): AttributeValue => {
    if (type === TYPE.boolean && truth !== undefined) return truth;
    if (type === TYPE.tristate && tristate !== undefined) return TRISTATES[tristate] ?? tristate;
    if (LIST_TYPES.has(type)) return list;
    if (MAP_TYPES.has(type)) return Object.fromEntries(entries);
    return scalar;
  })();
  return { name, value, explicit, bytes: Buffer.from(buffer.subarray(start, end)) };
}

const MANY_VALUED: ReadonlySet<number> = new Set([FIELD.labelListDict, FIELD.stringListDict]);
const ENTRY_FIELDS: ReadonlySet<number> = new Set([
  FIELD.stringDict,
  FIELD.labelListDict,
  FIELD.stringListDict,
  FIELD.labelDictUnary,
  FIELD.labelKeyedStringDict,
]);

/** All the entry messages have the key as field 1 and the value, or values, as field 2. */
function decodeEntry(
  buffer: Uint8Array,
  start: number,
  end: number,
  many: boolean,
): [string, string | string[]] {
  const reader = new WireReader().reset(buffer, start, end);
  let key = '';
  const values: string[] = [];
  while (reader.position < end) {
    const tag = reader.varint();
    if ((tag & 7) !== WIRE.bytes) {
      reader.skip(tag & 7);
      continue;
    }
    const from = reader.bytes();
    const text = textOf(buffer, from, reader.position);
    if (tag >> 3 === 1) key = text;
    else if (tag >> 3 === 2) values.push(text);
  }
  return [key, many ? values : (values[0] ?? '')];
}

/** Negative numbers are ten bytes long, as two's complement of 64 bits. */
function signedVarint(reader: WireReader): number {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.buffer[reader.position++];
    if (byte === undefined || reader.position > reader.end || shift > 63n)
      throw badQueryOutput('a number is cut off');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return Number(BigInt.asIntN(64, value));
  }
}

function textOf(buffer: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('utf8');
}
