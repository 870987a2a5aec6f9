import { randomInt } from 'node:crypto';
import { bufferView, Int32List, int32View } from '../../core/columns.ts';
import type { ByteBuilder } from '../../core/byte-builder.ts';
import { bytesOf, pagesOf } from '../../core/paged-bytes.ts';
import type { PagedBytes } from '../../core/paged-bytes.ts';
import type { Sections } from '../../core/section-file.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Interns byte strings (labels, paths) as small integers, in one arena and without a JavaScript string each.
 * The order of ids is the order of first sight, and means nothing.
 */
export class LabelTable {
  #arena: Buffer;
  /** Of names in a file: asked before any is looked at. */
  #arenaPages: PagedBytes | undefined;
  #used: number;
  readonly #ends: Int32List;
  #slots: Int32Array;
  #slotPages: PagedBytes | undefined;
  #mask: number;
  // A seed of its own each run: names that collide on purpose cannot be prepared.
  readonly #seed: number;

  /** @param saved what `toSections` gave; it becomes the table's own */
  constructor(saved?: Sections) {
    const arena = saved?.get('labels');
    const slots = saved?.get('labelSlots');
    const seed = saved?.get('labelSeed');
    this.#arenaPages = pagesOf(arena);
    this.#arena = arena === undefined ? Buffer.allocUnsafeSlow(1 << 20) : bufferView(bytesOf(arena));
    this.#used = arena === undefined ? 0 : this.#arena.length;
    this.#ends = new Int32List(saved?.get('labelEnds'));
    this.#slotPages = pagesOf(slots);
    this.#slots = slots === undefined ? new Int32Array(1 << 16).fill(-1) : int32View(bytesOf(slots));
    this.#mask = this.#slots.length - 1;
    this.#seed = seed === undefined ? randomInt(2 ** 31) : new Int32List(seed).at(0);
  }

  /** @returns the table as runs of bytes, valid until the next intern */
  toSections(): [string, Uint8Array][] {
    const seed = new Int32List();
    seed.push(this.#seed);
    this.#needAll();
    const { buffer, byteOffset, byteLength } = this.#slots;
    return [
      ['labels', this.#arena.subarray(0, this.#used)],
      ['labelEnds', this.#ends.toBytes()],
      ['labelSlots', new Uint8Array(buffer, byteOffset, byteLength)],
      ['labelSeed', seed.toBytes()],
    ];
  }

  get size(): number {
    return this.#ends.length;
  }

  intern(bytes: Uint8Array, start: number, end: number): number {
    let slot = this.#hash(bytes, start, end) & this.#mask;
    for (;;) {
      const id = this.#slot(slot);
      if (id === -1) return this.#add(bytes, start, end, slot);
      if (this.#equals(id, bytes, start, end)) return id;
      slot = (slot + 1) & this.#mask;
    }
  }

  internText(text: string): number {
    const bytes = Buffer.from(text, 'utf8');
    return this.intern(bytes, 0, bytes.length);
  }

  /** @returns the id, or -1 when these bytes were never interned */
  find(bytes: Uint8Array, start: number, end: number): number {
    let slot = this.#hash(bytes, start, end) & this.#mask;
    for (;;) {
      const id = this.#slot(slot);
      if (id === -1 || this.#equals(id, bytes, start, end)) return id;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** @returns a view of the bytes, valid until the next intern */
  bytes(id: number): Buffer {
    return this.#arena.subarray(this.#need(id), this.#ends.at(id));
  }

  startsWith(id: number, prefix: Uint8Array): boolean {
    const start = this.#need(id);
    if (this.#ends.at(id) - start < prefix.length) return false;
    // Labels differ most near their end.
    for (let i = prefix.length - 1; i >= 0; i--) if (this.#arena[start + i] !== prefix[i]) return false;
    return true;
  }

  /** @returns the first byte, or undefined for an empty name at the end of the table */
  firstByte(id: number): number | undefined {
    return this.#arena[this.#need(id)];
  }

  text(id: number): string {
    return this.#arena.toString('utf8', this.#need(id), this.#ends.at(id));
  }

  byteLength(id: number): number {
    return this.#ends.at(id) - this.#start(id);
  }

  /** Copies the bytes of a name to `offset` of `target`. */
  copyTo(target: Uint8Array, offset: number, id: number): void {
    const start = this.#need(id);
    const size = this.#ends.at(id) - start;
    for (let i = 0; i < size; i++) target[offset + i] = this.#arena[start + i] as number;
  }

  putTo(message: ByteBuilder, id: number): void {
    message.put(this.#arena, this.#need(id), this.#ends.at(id));
  }

  /** Appends a name as a JSON string. */
  putJsonTo(builder: ByteBuilder, id: number): void {
    const start = this.#need(id);
    const end = this.#ends.at(id);
    for (let i = start; i < end; i++) {
      const byte = this.#arena[i] as number;
      if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) continue;
      builder.putText(JSON.stringify(this.text(id)));
      return;
    }
    builder.putByte(QUOTE).put(this.#arena, start, end).putByte(QUOTE);
  }

  /** Orders ids by their text as Java and JavaScript compare strings: by UTF-16 code units. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    const arena = this.#arena;
    let i = this.#need(a);
    let j = this.#need(b);
    const iEnd = this.#ends.at(a);
    const jEnd = this.#ends.at(b);
    for (; i < iEnd && j < jEnd; i++, j++) {
      const x = arena[i] as number;
      const y = arena[j] as number;
      if (x !== y) return utf16Rank(x) - utf16Rank(y);
    }
    return iEnd - i - (jEnd - j);
  }

  /** Reads what interning needs, and makes room for more names. */
  makeRoom(): void {
    this.#needAll();
    this.#ends.makeRoom();
    this.#makeRoom(1);
  }

  #start(id: number): number {
    return id === 0 ? 0 : this.#ends.at(id - 1);
  }

  /** Makes the bytes of a name ready. @returns where they start */
  #need(id: number): number {
    const start = this.#start(id);
    this.#arenaPages?.need(start, this.#ends.at(id));
    return start;
  }

  #slot(slot: number): number {
    this.#slotPages?.need(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
    return this.#slots[slot] as number;
  }

  #needAll(): void {
    this.#arenaPages?.whole();
    this.#arenaPages = undefined;
    this.#slotPages?.whole();
    this.#slotPages = undefined;
  }

  #hash(bytes: Uint8Array, start: number, end: number): number {
    let h = this.#seed;
    for (let i = start; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
    h ^= h >>> 15;
    return Math.imul(h, 0x2c1b3c6d) >>> 7;
  }

  #equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#start(id);
    const size = end - start;
    if (this.#ends.at(id) - from !== size) return false;
    this.#arenaPages?.need(from, from + size);
    const arena = this.#arena;
    // Labels differ most near their end.
    for (let i = size - 1; i >= 0; i--) if (arena[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, slot: number): number {
    this.#needAll();
    const id = this.#ends.length;
    const size = end - start;
    this.#makeRoom(size);
    const arena = this.#arena;
    for (let i = 0; i < size; i++) arena[this.#used + i] = bytes[start + i] as number;
    this.#used += size;
    this.#ends.push(this.#used);
    this.#slots[slot] = id;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #makeRoom(size: number): void {
    if (this.#used + size <= this.#arena.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#used + size, this.#arena.length * 2));
    grown.set(this.#arena.subarray(0, this.#used));
    this.#arena = grown;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    this.#mask = slots.length - 1;
    for (let id = 0; id < this.size; id++) {
      let slot = this.#hash(this.#arena, this.#start(id), this.#ends.at(id)) & this.#mask;
      while (slots[slot] !== -1) slot = (slot + 1) & this.#mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

const SLOT_BYTES: number = Int32Array.BYTES_PER_ELEMENT;

/**
 * Rank of a UTF-8 byte such that comparing ranks orders as UTF-16 does: supplementary characters (lead bytes F0 to
 * F4) are surrogates there, which come before U+E000 to U+FFFF (lead bytes EE and EF).
 */
function utf16Rank(byte: number): number {
  if (byte >= 0xf0) return byte - 2;
  return byte >= 0xee ? byte + 8 : byte;
}
