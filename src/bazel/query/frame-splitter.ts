import { badQueryOutput } from './wire.ts';

export type OnFrame = (buffer: Uint8Array, start: number, end: number) => void;

/** No frame of a target comes near this; a larger length means that the bytes are something else. */
const LARGEST_FRAME = 1 << 30;

/**
 * Cuts a stream of chunks into length-delimited frames: varint length, then that many bytes.
 * With `tag`, each length is preceded by that field tag: the repeated field of one large message, whose other
 * fields (wire type 2 only) are passed over.
 */
export class FrameSplitter {
  readonly #onFrame: OnFrame;
  readonly #tag: number | undefined;
  #carry: Buffer = Buffer.alloc(0);
  #wanted = 0;
  readonly #pending: Buffer[] = [];
  #pendingSize = 0;

  constructor(onFrame: OnFrame, tag?: number) {
    this.#onFrame = onFrame;
    this.#tag = tag;
  }

  /** @throws DewarError BAD_QUERY_OUTPUT */
  push(chunk: Buffer): void {
    let data = chunk;
    if (this.#carry.length > 0) {
      // Wait until the frame that is being collected is whole: copying once, not once a chunk.
      this.#pending.push(Buffer.from(chunk));
      this.#pendingSize += chunk.length;
      if (this.#carry.length + this.#pendingSize < this.#wanted) return;
      data = Buffer.concat([this.#carry, ...this.#pending]);
      this.#pending.length = 0;
      this.#pendingSize = 0;
    }
    const rest = this.#split(data);
    this.#carry = rest === data.length ? EMPTY : Buffer.from(data.subarray(rest));
  }

  /** Call at the end of the stream. @throws DewarError BAD_QUERY_OUTPUT when a frame is cut off */
  end(): void {
    if (this.#carry.length + this.#pendingSize > 0) throw badQueryOutput('it ends in the middle of a target');
  }

  /** @returns how many bytes were used up by whole frames */
  #split(data: Buffer): number {
    let at = 0;
    for (;;) {
      const header = readHeader(data, at, this.#tag !== undefined);
      if (header === undefined) {
        this.#wanted = data.length - at + 1;
        return at;
      }
      const end = header.start + header.length;
      if (end > data.length) {
        this.#wanted = end - at;
        return at;
      }
      if (this.#tag === undefined || header.tag === this.#tag) this.#onFrame(data, header.start, end);
      at = end;
    }
  }
}

const EMPTY = Buffer.alloc(0);
const header = { tag: 0, start: 0, length: 0 };

/** @returns the (reused) header, or undefined when it is not whole yet */
function readHeader(data: Buffer, at: number, tagged: boolean): typeof header | undefined {
  let position = at;
  if (tagged) {
    if (!readVarint(data, position)) return undefined;
    if ((varint.value & 7) !== 2) throw badQueryOutput('a field of the result has an unexpected wire type');
    header.tag = varint.value;
    position = varint.next;
  }
  if (!readVarint(data, position)) return undefined;
  if (varint.value > LARGEST_FRAME) throw badQueryOutput(`a target of ${varint.value} bytes`);
  header.start = varint.next;
  header.length = varint.value;
  return header;
}

const varint = { value: 0, next: 0 };

function readVarint(data: Buffer, at: number): boolean {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < 5; count++) {
    const byte = data[at + count];
    if (byte === undefined) return false;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      varint.value = value;
      varint.next = at + count + 1;
      return true;
    }
    scale *= 128;
  }
  throw badQueryOutput('a length is longer than 5 bytes');
}
