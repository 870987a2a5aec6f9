import { hash } from 'node:crypto';
import type { DigestList } from './columns.ts';

const HEX_DIGITS = Buffer.from('0123456789abcdef');

/** Longer runs are copied by memcpy, shorter ones byte by byte: a call costs more than 48 bytes. */
const LONG = 48;

/** A growing buffer, used again and again, in which bytes are put together: messages to hash, files to write. */
export class ByteBuilder {
  #buffer: Buffer;
  #length = 0;

  /** @param capacity bytes to make room for at first */
  constructor(capacity: number = 1 << 16) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  reset(): this {
    this.#length = 0;
    return this;
  }

  get length(): number {
    return this.#length;
  }

  put(bytes: Uint8Array, start = 0, end: number = bytes.length): this {
    const size = end - start;
    const at = this.#reserve(size);
    if (size >= LONG) {
      this.#buffer.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at);
    } else {
      const buffer = this.#buffer;
      for (let i = 0; i < size; i++) buffer[at + i] = bytes[start + i] as number;
    }
    return this;
  }

  putText(text: string): this {
    return this.put(Buffer.from(text, 'utf8'));
  }

  putByte(byte: number): this {
    this.#buffer[this.#reserve(1)] = byte;
    return this;
  }

  /** Appends each byte as two lower-case hex digits. */
  putHex(bytes: Uint8Array, start = 0, end: number = bytes.length): this {
    const size = end - start;
    const at = this.#reserve(size * 2);
    const buffer = this.#buffer;
    for (let i = 0; i < size; i++) {
      const byte = bytes[start + i] as number;
      buffer[at + i * 2] = HEX_DIGITS[byte >> 4] as number;
      buffer[at + i * 2 + 1] = HEX_DIGITS[byte & 15] as number;
    }
    return this;
  }

  /** @returns a view of what was put since the last reset, valid until more is put */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** @returns sha256 of what was put since the last reset: 32 bytes */
  digest(): Buffer {
    return hash('sha256', this.#buffer.subarray(0, this.#length), 'buffer');
  }

  /** Stores sha256 of what was put since the last reset. A digest as text costs half of one as bytes. */
  digestTo(list: DigestList, index: number): void {
    list.setBinary(index, hash('sha256', this.#buffer.subarray(0, this.#length), 'binary'));
  }

  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#length, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
    }
    return at;
  }
}
