import { Message } from '../../core/message.ts';
import { ATTRIBUTE } from '../query/field-numbers.ts';
import { WIRE, WireReader } from '../query/wire.ts';

/** Where a run of bytes lies in the buffer that is being decoded. */
export interface Span {
  start: number;
  end: number;
}

const GENERATOR_LOCATION = Buffer.from('generator_location');
const TAGS = Buffer.from('tags');

/** The digest of a rule by itself: R of the format. Collects attributes, then digests; used again for each rule. */
export class RuleDigester {
  readonly #ignored: readonly Buffer[];
  readonly #alwaysTags: readonly Buffer[];
  readonly #message = new Message();
  readonly #reader = new WireReader();
  // Spans of the attributes seen (whole message, and its name), four numbers each.
  readonly #spans: number[] = [];
  #count = 0;
  #sorted = true;

  constructor(ignoredAttributes: readonly string[], alwaysAffectedTags: readonly string[]) {
    this.#ignored = [GENERATOR_LOCATION, ...ignoredAttributes.map((name) => Buffer.from(name))];
    this.#alwaysTags = alwaysAffectedTags.map((tag) => Buffer.from(tag));
  }

  reset(): void {
    this.#count = 0;
    this.#sorted = true;
  }

  /** @returns true when it is the `tags` attribute and holds an always-affected tag */
  addAttribute(buffer: Uint8Array, start: number, end: number): boolean {
    const reader = this.#reader.reset(buffer, start, end);
    let nameStart = end;
    let nameEnd = end;
    // The name is the first field in all that Bazel writes; then nothing more needs reading.
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === ((ATTRIBUTE.name << 3) | WIRE.bytes)) {
        nameStart = reader.bytes();
        nameEnd = reader.position;
        break;
      }
      reader.skip(tag & 7);
    }
    const always =
      this.#alwaysTags.length > 0 &&
      equals(buffer, nameStart, nameEnd, TAGS) &&
      this.#hasAlwaysTag(buffer, start, end);
    for (const name of this.#ignored) if (equals(buffer, nameStart, nameEnd, name)) return always;
    const spans = this.#spans;
    const at = this.#count * 4;
    spans[at] = start;
    spans[at + 1] = end;
    spans[at + 2] = nameStart;
    spans[at + 3] = nameEnd;
    if (this.#count > 0 && this.#sorted)
      this.#sorted =
        compareBytes(buffer, spans[at - 2] as number, spans[at - 1] as number, nameStart, nameEnd) <= 0;
    this.#count++;
    return always;
  }

  /** @param fields the spans of rule class, name and environment hash; an empty span puts nothing */
  digest(buffer: Uint8Array, ruleClass: Span, name: Span, environment: Span): Buffer {
    const message = this.#message.reset();
    message.put(buffer, ruleClass.start, ruleClass.end);
    message.put(buffer, name.start, name.end);
    message.put(buffer, environment.start, environment.end);
    const spans = this.#spans;
    if (this.#sorted) {
      for (let at = 0; at < this.#count * 4; at += 4)
        message.put(buffer, spans[at] as number, spans[at + 1] as number);
    } else {
      for (const at of this.#order(buffer)) message.put(buffer, spans[at] as number, spans[at + 1] as number);
    }
    return message.digest();
  }

  #order(buffer: Uint8Array): number[] {
    const spans = this.#spans;
    const order = Array.from({ length: this.#count }, (_, index) => index * 4);
    const name = (at: number): string =>
      Buffer.from(buffer.subarray(spans[at + 2], spans[at + 3])).toString('utf8');
    // Array sort is stable, and < on strings compares UTF-16 code units: as in Java.
    return order.sort((a, b) => {
      const x = name(a);
      const y = name(b);
      return x < y ? -1 : x > y ? 1 : 0;
    });
  }

  #hasAlwaysTag(buffer: Uint8Array, start: number, end: number): boolean {
    const reader = this.#reader.reset(buffer, start, end);
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag !== ((ATTRIBUTE.stringListValue << 3) | WIRE.bytes)) {
        reader.skip(tag & 7);
        continue;
      }
      const from = reader.bytes();
      for (const wanted of this.#alwaysTags) if (equals(buffer, from, reader.position, wanted)) return true;
    }
    return false;
  }
}

function equals(buffer: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) if (buffer[start + i] !== wanted[i]) return false;
  return true;
}

/** Code point order: equal to UTF-16 order but for rare characters, for which sorting again costs only time. */
function compareBytes(buffer: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): number {
  for (; a < aEnd && b < bEnd; a++, b++) {
    const x = buffer[a] as number;
    const y = buffer[b] as number;
    if (x !== y) return x >= 0xee || y >= 0xee ? 1 : x - y;
  }
  return aEnd - a - (bEnd - b);
}
