import { DIGEST_BYTES } from '../../core/columns.ts';
import type { DigestList } from '../../core/columns.ts';
import { sourceDigest } from './file-digest.ts';
import type { LabelTable } from './label-table.ts';
import type { SourceContext } from './source-path.ts';

/**
 * Source files to hash, packed so that handing them to a thread copies nothing. Each entry: row (uint32 LE), size of
 * the label (uint32 LE), S (32 bytes), the label.
 */
export class SourceBatch {
  #bytes: Buffer = Buffer.allocUnsafeSlow(1 << 17);
  #used = 0;
  count = 0;

  /** @param label id in `labels` */
  add(row: number, subincludes: DigestList, labels: LabelTable, label: number): void {
    const labelBytes = labels.byteLength(label);
    const size = HEADER + DIGEST_BYTES + labelBytes;
    if (this.#used + size > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#used + size, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.writeUInt32LE(row, this.#used);
    this.#bytes.writeUInt32LE(labelBytes, this.#used + 4);
    subincludes.copyTo(this.#bytes, this.#used + HEADER, row);
    labels.copyTo(this.#bytes, this.#used + HEADER + DIGEST_BYTES, label);
    this.#used += size;
    this.count++;
  }

  /** @returns the packed entries; the batch must not be used afterwards */
  packed(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.buffer as ArrayBuffer, 0, this.#used);
  }
}

const HEADER = 8;

/** @returns (row as uint32 LE, digest) for each entry of a packed batch @throws DewarError SOURCE_UNREADABLE */
export function digestBatch(packed: Uint8Array, context: SourceContext): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const results: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + HEADER + DIGEST_BYTES + bytes.readUInt32LE(at + 4);
    const label = bytes.toString('utf8', at + HEADER + DIGEST_BYTES, end);
    const digest = sourceDigest(label, bytes.subarray(at + HEADER, end), context);
    results.push(bytes.subarray(at, at + 4), digest);
    at = end;
  }
  const result = new Uint8Array((results.length / 2) * RESULT_BYTES);
  let at = 0;
  for (const part of results) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Size of one entry of the result of `digestBatch`. */
export const RESULT_BYTES: number = 4 + DIGEST_BYTES;
