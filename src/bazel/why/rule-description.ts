import { RULE, TARGET } from '../query/field-numbers.ts';
import { WIRE, WireReader } from '../query/wire.ts';
import { decodeAttribute } from './attribute-value.ts';
import type { DecodedAttribute } from './attribute-value.ts';

/** What a rule is by itself, for people. */
export interface RuleDescription {
  label: string;
  ruleClass: string;
  /** `file:line:column` of its definition; the file as Bazel printed it. */
  location: string | undefined;
  /** The .bzl file that defines the rule class, with line and column; undefined for native rules. */
  definedIn: string | undefined;
  /** Digest of the Starlark environment of the rule class (Bazel 4). */
  environment: string | undefined;
  attributes: ReadonlyMap<string, DecodedAttribute>;
}

const LOCATION = 3;
const DEFINITION_STACK = 14;

/** @returns undefined for a target that is no rule @throws DewarError BAD_QUERY_OUTPUT */
export function describeRule(buffer: Uint8Array, start: number, end: number): RuleDescription | undefined {
  const reader = new WireReader().reset(buffer, start, end);
  while (reader.position < end) {
    const tag = reader.varint();
    if (tag === ((TARGET.rule << 3) | WIRE.bytes)) {
      const from = reader.bytes();
      return describe(buffer, from, reader.position);
    }
    reader.skip(tag & 7);
  }
  return undefined;
}

function describe(buffer: Uint8Array, start: number, end: number): RuleDescription {
  const reader = new WireReader().reset(buffer, start, end);
  const texts = new Map<number, string>();
  const attributes = new Map<string, DecodedAttribute>();
  while (reader.position < end) {
    const tag = reader.varint();
    const field = tag >> 3;
    if ((tag & 7) !== WIRE.bytes) {
      reader.skip(tag & 7);
      continue;
    }
    const from = reader.bytes();
    if (field === RULE.attribute) {
      const attribute = decodeAttribute(buffer, from, reader.position);
      attributes.set(attribute.name, attribute);
    } else if (!texts.has(field)) {
      texts.set(field, Buffer.from(buffer.subarray(from, reader.position)).toString('utf8'));
    }
  }
  return {
    label: texts.get(RULE.name) ?? '',
    ruleClass: texts.get(RULE.ruleClass) ?? '',
    location: texts.get(LOCATION),
    // `defs/d.bzl:3:14: <toplevel>`; the first frame is where `rule(…)` was called from.
    definedIn: texts.get(DEFINITION_STACK)?.replace(/: [^:]*$/, ''),
    environment: texts.get(RULE.environmentHash),
    attributes,
  };
}
