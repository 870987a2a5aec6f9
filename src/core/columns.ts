import { bytesOf, pagesOf } from './paged-bytes.ts';
import type { PagedBytes, SavedBytes } from './paged-bytes.ts';

/** Growing typed arrays: columns of many small numbers and digests without an object each. */

/** A growing list of 32-bit integers. */
export class Int32List {
  #items: Int32Array;
  /** Of a list in a file: asked before any number is looked at or set. */
  #pages: PagedBytes | undefined;
  length: number;

  /** @param saved what `toBytes` gave, at a multiple of 4 in its buffer; it becomes the list's own */
  constructor(saved?: SavedBytes) {
    this.#pages = pagesOf(saved);
    this.#items = saved === undefined ? new Int32Array(1024) : int32View(bytesOf(saved));
    this.length = saved === undefined ? 0 : this.#items.length;
  }

  /** @returns a view of the numbers as bytes of this machine's order, valid until the next push */
  toBytes(): Uint8Array {
    this.#pages?.whole();
    return new Uint8Array(
      this.#items.buffer,
      this.#items.byteOffset,
      this.length * Int32Array.BYTES_PER_ELEMENT,
    );
  }

  push(value: number): void {
    this.makeRoom();
    this.#items[this.length++] = value;
  }

  /** Has room for one more number at least: of a list in a file, all of it is read then. */
  makeRoom(): void {
    if (this.length === this.#items.length) this.#grow(this.length + 1);
  }

  at(index: number): number {
    this.#pages?.need(index * INT_BYTES, (index + 1) * INT_BYTES);
    return this.#items[index] as number;
  }

  /** Sets any index; the gap before it, if any, is filled with `fill`. */
  set(index: number, value: number, fill = 0): void {
    if (index >= this.#items.length) this.#grow(index + 1);
    this.#pages?.need(index * INT_BYTES, (index + 1) * INT_BYTES);
    if (index >= this.length) {
      this.#items.fill(fill, this.length, index);
      this.length = index + 1;
    }
    this.#items[index] = value;
  }

  /** @returns a view, valid until the next push */
  slice(start: number, end: number): Int32Array {
    this.#pages?.need(start * INT_BYTES, end * INT_BYTES);
    return this.#items.subarray(start, end);
  }

  #grow(least: number): void {
    this.#pages?.whole();
    this.#pages = undefined;
    const grown = new Int32Array(Math.max(least, this.#items.length * 2));
    grown.set(this.#items);
    this.#items = grown;
  }
}

const INT_BYTES: number = Int32Array.BYTES_PER_ELEMENT;

/** @param bytes numbers of this machine's byte order, at a multiple of 4 in their buffer */
export function int32View({ buffer, byteOffset, byteLength }: Uint8Array): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / INT_BYTES);
}

/** A growing list of floating-point numbers. */
export class Float64List {
  #items: Float64Array;
  length: number;

  /** @param saved what `toBytes` gave, at a multiple of 8 in its buffer; it becomes the list's own */
  constructor(saved?: Uint8Array) {
    this.#items =
      saved === undefined
        ? new Float64Array(1024)
        : new Float64Array(saved.buffer, saved.byteOffset, saved.byteLength / Float64Array.BYTES_PER_ELEMENT);
    this.length = saved === undefined ? 0 : this.#items.length;
  }

  at(index: number): number {
    return this.#items[index] as number;
  }

  set(index: number, value: number): void {
    if (index >= this.#items.length) {
      const grown = new Float64Array(Math.max(index + 1, this.#items.length * 2));
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[index] = value;
    if (index >= this.length) this.length = index + 1;
  }

  /** @returns a view of the numbers as bytes of this machine's order, valid until the next set */
  toBytes(): Uint8Array {
    return new Uint8Array(
      this.#items.buffer,
      this.#items.byteOffset,
      this.length * Float64Array.BYTES_PER_ELEMENT,
    );
  }
}

export const DIGEST_BYTES = 32;

/** A growing list of 32-byte digests. */
export class DigestList {
  #bytes: Buffer;
  /** Of a list in a file: asked before any digest is looked at or set. */
  #pages: PagedBytes | undefined;
  length: number;

  /** @param saved what `toBytes` gave; it becomes the list's own */
  constructor(saved?: SavedBytes) {
    this.#pages = pagesOf(saved);
    this.#bytes =
      saved === undefined ? Buffer.allocUnsafeSlow(DIGEST_BYTES * 1024) : bufferView(bytesOf(saved));
    this.length = saved === undefined ? 0 : this.#bytes.length / DIGEST_BYTES;
  }

  /** @returns a view of the digests, valid until the next push */
  toBytes(): Uint8Array {
    this.#pages?.whole();
    return this.#bytes.subarray(0, this.length * DIGEST_BYTES);
  }

  /** Has room for one more digest at least: of a list in a file, all of it is read then. */
  makeRoom(): void {
    this.#makeRoom((this.length + 1) * DIGEST_BYTES);
  }

  /** Stores the 32 bytes of `source` at `offset`. */
  set(index: number, source: Uint8Array, offset = 0): void {
    const at = this.#reserve(index);
    for (let i = 0; i < DIGEST_BYTES; i++) this.#bytes[at + i] = source[offset + i] as number;
  }

  /** Stores a digest given as text of 32 characters, one a byte (encoding `binary`). */
  setBinary(index: number, digest: string): void {
    const at = this.#reserve(index);
    for (let i = 0; i < DIGEST_BYTES; i++) this.#bytes[at + i] = digest.charCodeAt(i);
  }

  /** @returns a view, valid until the next push */
  at(index: number): Buffer {
    this.#need(index);
    return this.#bytes.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
  }

  hex(index: number): string {
    this.#need(index);
    return this.#bytes.toString('hex', index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
  }

  equals(index: number, other: DigestList, otherIndex: number): boolean {
    this.#need(index);
    other.#need(otherIndex);
    const a = index * DIGEST_BYTES;
    const b = otherIndex * DIGEST_BYTES;
    const bytes = other.#bytes;
    for (let i = 0; i < DIGEST_BYTES; i++) if (this.#bytes[a + i] !== bytes[b + i]) return false;
    return true;
  }

  /** Copies the digest to `offset` of `target`. */
  copyTo(target: Uint8Array, offset: number, index: number): void {
    this.#need(index);
    const at = index * DIGEST_BYTES;
    for (let i = 0; i < DIGEST_BYTES; i++) target[offset + i] = this.#bytes[at + i] as number;
  }

  /** Appends the digest as hex digits. */
  putHexTo(builder: { putHex(bytes: Uint8Array, start: number, end: number): void }, index: number): void {
    this.#need(index);
    builder.putHex(this.#bytes, index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
  }

  /** Appends the digest to a message that is being put together. */
  putTo(message: { put(bytes: Uint8Array, start: number, end: number): void }, index: number): void {
    this.#need(index);
    message.put(this.#bytes, index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
  }

  #need(index: number): void {
    this.#pages?.need(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
  }

  #reserve(index: number): number {
    this.#makeRoom((index + 1) * DIGEST_BYTES);
    this.#need(index);
    if (index >= this.length) this.length = index + 1;
    return index * DIGEST_BYTES;
  }

  #makeRoom(needed: number): void {
    if (needed <= this.#bytes.length) return;
    this.#pages?.whole();
    this.#pages = undefined;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

export function bufferView({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
