import type { DigestList } from '../../core/columns.ts';
import { compareText } from '../../core/compare-text.ts';
import { ByteBuilder } from '../../core/byte-builder.ts';
import { ATTRIBUTE } from '../query/field-numbers.ts';
import { WIRE, WireReader } from '../query/wire.ts';

/** Where a run of bytes lies in the buffer that is being decoded. */
export interface Span {
  start: number;
  end: number;
}

const GENERATOR_LOCATION = Buffer.from('generator_location');
const TAGS = Buffer.from('tags');
/** Numbers per attribute in `#spans`. */
const WIDTH = 4;

/** The digest of a rule by itself: R of the format. Collects attributes, then digests; used again for each rule. */
export class RuleDigester {
  readonly #ignored: readonly Buffer[];
  readonly #alwaysTags: readonly Buffer[];
  readonly #message = new ByteBuilder();
  readonly #reader = new WireReader();
  // Spans of the attributes seen: start and end of the message, start and end of its name.
  readonly #spans: number[] = [];
  #count = 0;
  /** By number of attributes: offsets into `#spans` in the order of the names. */
  readonly #orders: (readonly number[] | undefined)[] = [];
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
    const at = this.#count * WIDTH;
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

  /**
   * Stores the digest of the rule in `list`.
   * @param fields the spans of rule class, name and environment hash; an empty span puts nothing
   */
  digestTo(list: DigestList, index: number, buffer: Uint8Array, fields: readonly Span[]): void {
    const message = this.#message.reset();
    for (const { start, end } of fields) message.put(buffer, start, end);
    const spans = this.#spans;
    if (this.#sorted) {
      for (let at = 0; at < this.#count * WIDTH; at += WIDTH) message.put(buffer, spans[at], spans[at + 1]);
    } else {
      for (const at of this.#order(buffer)) message.put(buffer, spans[at], spans[at + 1]);
    }
    message.digestTo(list, index);
  }

  /** Rules of one class have their attributes in one order: the last one of the same length mostly fits. */
  #order(buffer: Uint8Array): readonly number[] {
    const known = this.#orders[this.#count];
    if (known !== undefined && this.#fits(buffer, known)) return known;
    const order = this.#sort(buffer);
    this.#orders[this.#count] = order;
    return order;
  }

  #fits(buffer: Uint8Array, order: readonly number[]): boolean {
    const spans = this.#spans;
    for (let i = 1; i < order.length; i++) {
      const a = order[i - 1] as number;
      const b = order[i] as number;
      const sign = compareBytes(
        buffer,
        spans[a + 2] as number,
        spans[a + 3] as number,
        spans[b + 2] as number,
        spans[b + 3] as number,
      );
      // Equal names keep their order.
      if (sign > 0 || (sign === 0 && a > b)) return false;
    }
    return true;
  }

  #sort(buffer: Uint8Array): number[] {
    const spans = this.#spans;
    const order = Array.from({ length: this.#count }, (_, index) => index * WIDTH);
    const name = (at: number): string =>
      Buffer.from(buffer.subarray(spans[at + 2], spans[at + 3])).toString('utf8');
    // Array sort is stable, and compares as Java does.
    return order.toSorted((a, b) => compareText(name(a), name(b)));
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
