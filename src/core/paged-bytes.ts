import { createHash } from 'node:crypto';

/** The unit that is read and checked at once. */
export const PAGE_BYTES: number = 1 << 14;
const PAGE_SHIFT = 14;
const DIGEST = 32;

/** Where the bytes of a file come from. */
export interface ByteSource {
  /** Of the whole file. */
  readonly size: number;
  /** Fills `target` with the bytes from `position` on. Throws when there are fewer, or they cannot be read. */
  read(target: Uint8Array, position: number): void;
}

/** What was read so far. */
export interface PageCosts {
  bytes: number;
  /** Spent in reading and checking. */
  ms: number;
}

/** A run of pages in a file, each read when it is first needed and then checked against its digest. */
export class Pages {
  readonly bytes: Buffer;
  readonly costs: PageCosts = { bytes: 0, ms: 0 };
  readonly #source: ByteSource;
  readonly #position: number;
  readonly #digests: Uint8Array;
  readonly #fail: (why: string) => Error;
  readonly #ready: Uint8Array;

  /**
   * @param range where the pages are in the file
   * @param digests sha256 of each page, one after the other; the last page may be short
   * @param fail makes the error that is thrown for a page that cannot be read or is not as it was written
   */
  constructor(
    source: ByteSource,
    range: { position: number; length: number },
    digests: Uint8Array,
    fail: (why: string) => Error,
  ) {
    this.#source = source;
    this.#position = range.position;
    this.#digests = digests;
    this.#fail = fail;
    // Untouched pages of it take no memory.
    this.bytes = Buffer.allocUnsafeSlow(range.length);
    this.#ready = new Uint8Array(Math.ceil(range.length / PAGE_BYTES));
  }

  /** Makes the bytes from `start` to `end` ready to be looked at. */
  need(start: number, end: number): void {
    const last = (end - 1) >>> PAGE_SHIFT;
    for (let page = start >>> PAGE_SHIFT; page <= last; page++)
      if (this.#ready[page] === 0) this.#load(page, last);
  }

  /** Loads a page, and with it those up to `last` that are not ready either. */
  #load(first: number, last: number): void {
    const started = performance.now();
    let after = first + 1;
    while (after <= last && this.#ready[after] === 0) after++;
    const run = this.bytes.subarray(first * PAGE_BYTES, after * PAGE_BYTES);
    try {
      this.#source.read(run, this.#position + first * PAGE_BYTES);
    } catch (error) {
      throw this.#fail(error instanceof Error ? error.message : String(error));
    }
    for (let page = first; page < after; page++) {
      const at = page * PAGE_BYTES;
      const found = createHash('sha256')
        .update(this.bytes.subarray(at, at + PAGE_BYTES))
        .digest();
      if (found.compare(this.#digests, page * DIGEST, (page + 1) * DIGEST) !== 0)
        throw this.#fail(`the bytes from ${this.#position + at} on are not as they were written`);
      this.#ready[page] = 1;
    }
    this.costs.bytes += run.length;
    this.costs.ms += performance.now() - started;
  }
}

/** @returns sha256 of each page of a run of bytes that comes in parts, one after the other */
export function digestPages(parts: Iterable<Uint8Array>): Buffer {
  const digests: Buffer[] = [];
  let hash = createHash('sha256');
  let filled = 0;
  for (const part of parts)
    for (let at = 0; at < part.length;) {
      const taken = Math.min(part.length - at, PAGE_BYTES - filled);
      hash.update(part.subarray(at, at + taken));
      at += taken;
      filled += taken;
      if (filled < PAGE_BYTES) continue;
      digests.push(hash.digest());
      hash = createHash('sha256');
      filled = 0;
    }
  if (filled > 0) digests.push(hash.digest());
  return Buffer.concat(digests);
}

/** A part of `Pages`. */
export class PagedBytes {
  /** Only what was needed before may be looked at. */
  readonly bytes: Uint8Array;
  readonly #pages: Pages;
  readonly #offset: number;

  constructor(pages: Pages, offset: number, length: number) {
    this.bytes = pages.bytes.subarray(offset, offset + length);
    this.#pages = pages;
    this.#offset = offset;
  }

  /** Makes the bytes from `start` to `end` ready, which may reach beyond the part. */
  need(start: number, end: number): void {
    if (start < end) this.#pages.need(this.#offset + start, this.#offset + Math.min(end, this.bytes.length));
  }

  /** @returns all of it, ready */
  whole(): Uint8Array {
    this.need(0, this.bytes.length);
    return this.bytes;
  }
}

/** Bytes of a file: in memory, or read when they are needed. */
export type SavedBytes = Uint8Array | PagedBytes;

/** @returns what must be asked before looking at the bytes; undefined where all are there */
export function pagesOf(saved: SavedBytes | undefined): PagedBytes | undefined {
  return saved instanceof PagedBytes ? saved : undefined;
}

/** @returns the bytes, of which only those that were needed may be looked at */
export function bytesOf(saved: SavedBytes): Uint8Array {
  return saved instanceof PagedBytes ? saved.bytes : saved;
}
