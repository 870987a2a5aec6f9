import { isDeepStrictEqual } from 'node:util';
import type { DecodedAttribute } from './attribute-value.ts';
import type { AttributeChange, AttributeValue, Change } from './change.ts';
import type { RuleDescription } from './rule-description.ts';

/** Bazel writes a digest of the code of a Starlark rule into this attribute (7.x; older ones have a field for it). */
const IMPLEMENTATION = '$rule_implementation_hash';
/** Never part of the hash. */
const NOT_HASHED = 'generator_location';

/**
 * What differs between two states of one rule, of all that its digest is made of.
 * @param ignored attributes that the user leaves out of the hash
 * @param changedLoads paths of .bzl files that changed and that its package loads
 */
export function ruleChanges(
  before: RuleDescription,
  after: RuleDescription,
  ignored: readonly string[],
  changedLoads: readonly string[],
): Change[] {
  const changes: Change[] = [];
  if (before.ruleClass !== after.ruleClass)
    changes.push({ kind: 'rule-class', before: before.ruleClass, after: after.ruleClass });
  const names = new Set([...before.attributes.keys(), ...after.attributes.keys()]);
  for (const name of [NOT_HASHED, ...ignored]) names.delete(name);
  const coded =
    before.environment !== after.environment ||
    (names.delete(IMPLEMENTATION) &&
      textOf(before.attributes.get(IMPLEMENTATION)) !== textOf(after.attributes.get(IMPLEMENTATION)));
  for (const name of [...names].toSorted()) {
    const change = attributeChange(name, before.attributes.get(name), after.attributes.get(name));
    // Another class brings other attributes with other defaults: what somebody set is worth a word.
    const wasSet =
      before.attributes.get(name)?.explicit === true || after.attributes.get(name)?.explicit === true;
    if (
      change !== undefined &&
      (before.ruleClass === after.ruleClass || (wasSet && change.explicit === undefined))
    )
      changes.push(change);
  }
  if (coded && before.ruleClass === after.ruleClass)
    changes.push({
      kind: 'implementation',
      definedIn: after.definedIn ?? null,
      files: changedLoads.toSorted(),
    });
  return changes;
}

function attributeChange(
  name: string,
  before: DecodedAttribute | undefined,
  after: DecodedAttribute | undefined,
): AttributeChange | undefined {
  if (before !== undefined && after !== undefined && before.bytes.equals(after.bytes)) return undefined;
  const [was, is] = [before?.value ?? null, after?.value ?? null];
  const change = { kind: 'attribute' as const, name, before: was, after: is };
  if (isDeepStrictEqual(was, is))
    return {
      ...change,
      explicit: { before: before?.explicit ?? false, after: after?.explicit ?? false },
    };
  if (!isList(was) || !isList(is)) return change;
  const added = is.filter((item) => !was.includes(item));
  const removed = was.filter((item) => !is.includes(item));
  return { ...change, added, removed };
}

function isList(value: AttributeValue): value is readonly (string | number)[] {
  return Array.isArray(value);
}

function textOf(attribute: DecodedAttribute | undefined): string | undefined {
  return attribute?.bytes.toString('latin1');
}
