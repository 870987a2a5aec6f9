import { DewarError } from '../../core/errors.ts';

/** Protocol-buffer wire types; groups (3, 4) are read as an error, Bazel writes none. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A cursor over one protobuf message inside a larger buffer; never reads past its end. */
export class WireReader {
  buffer: Uint8Array = new Uint8Array(0);
  position = 0;
  end = 0;

  reset(buffer: Uint8Array, start: number, end: number): this {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
    return this;
  }

  /** @returns the next varint as a number; exact up to 2^53, larger ones only keep their size right */
  varint(): number {
    const { buffer, end } = this;
    let at = this.position;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (at >= end) throw badQueryOutput('a number is cut off');
      const byte = buffer[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.position = at;
        return value;
      }
      scale *= 128;
    }
    throw badQueryOutput('a number is longer than 10 bytes');
  }

  /** Reads the length of a field of wire type 2 and moves behind the field. @returns where its bytes start */
  bytes(): number {
    const length = this.varint();
    const start = this.position;
    if (length > this.end - start) throw badQueryOutput('a field is longer than its message');
    this.position = start + length;
    return start;
  }

  skip(wireType: number): void {
    switch (wireType) {
      case WIRE.varint:
        this.varint();
        return;
      case WIRE.bytes:
        this.bytes();
        return;
      case WIRE.fixed64:
        this.#advance(8);
        return;
      case WIRE.fixed32:
        this.#advance(4);
        return;
      default:
        throw badQueryOutput(`wire type ${wireType} is not one of Bazel's`);
    }
  }

  #advance(size: number): void {
    if (size > this.end - this.position) throw badQueryOutput('a fixed field is cut off');
    this.position += size;
  }
}

/** @returns the error for bytes that are not what `bazel query --output streamed_proto` prints */
export function badQueryOutput(what: string): DewarError {
  return new DewarError({
    code: 'BAD_QUERY_OUTPUT',
    message: `the output of Bazel's query is not readable: ${what}`,
    mend: "run the same query by hand with --output streamed_proto; check the --bazelCommandOptions for other output options, and Bazel's server log",
  });
}
