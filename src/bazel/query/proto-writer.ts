/** Writes protobuf messages, fields in the order of the calls; for the few messages that dewar makes up itself. */
export class ProtoWriter {
  readonly #parts: Uint8Array[] = [];

  varint(field: number, value: number): this {
    this.#parts.push(encode(field << 3), encode(value));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#parts.push(encode((field << 3) | 2), encode(value.length), value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

function encode(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
