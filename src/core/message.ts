import { hash } from 'node:crypto';
import type { DigestList } from './columns.ts';

/** Longer runs are copied by memcpy, shorter ones byte by byte: a call costs more than 48 bytes. */
const LONG = 48;

/** A buffer, used again and again, in which the bytes of one sha256 message are put together. */
export class Message {
  #buffer: Buffer = Buffer.allocUnsafeSlow(1 << 16);
  #length = 0;

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
