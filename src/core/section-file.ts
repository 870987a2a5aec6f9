import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * A container of named runs of bytes behind a table, so that a reader takes views of what it needs and parses nothing.
 *
 *     magic of 8 letters, version uint32 LE, size of the table in bytes uint32 LE, table as JSON: {name: [offset, length]},
 *     the sections, each at a multiple of 8, and at the very end sha256 over all bytes before it
 */
export interface SectionFormat {
  /** 8 letters. */
  magic: string;
  version: number;
}

const MAGIC_BYTES = 8;
const HEADER = MAGIC_BYTES + 8;
const ALIGNMENT = 8;
const CHECKSUM = 32;

export type Sections = ReadonlyMap<string, Uint8Array>;

/** @returns the bytes of the file, in pieces */
export function packSections({ magic, version }: SectionFormat, sections: Sections): Uint8Array[] {
  const table: Record<string, [number, number]> = {};
  let size = 0;
  for (const [name, bytes] of sections) {
    table[name] = [size, bytes.byteLength];
    size = align(size + bytes.byteLength);
  }
  const json = Buffer.from(JSON.stringify(table));
  const head = Buffer.alloc(align(HEADER + json.length), ' ');
  head.write(magic, 'latin1');
  head.writeUInt32LE(version, MAGIC_BYTES);
  head.writeUInt32LE(head.length - HEADER, MAGIC_BYTES + 4);
  json.copy(head, HEADER);
  const parts: Uint8Array[] = [head];
  for (const bytes of sections.values())
    parts.push(asBytes(bytes), Buffer.alloc(align(bytes.byteLength) - bytes.byteLength));
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  parts.push(digest.digest());
  return parts;
}

/**
 * @param file the whole file, in a buffer of its own
 * @returns the sections; for another format or version, a truncated or changed file: why it cannot be read
 */
export function unpackSections(
  { magic, version }: SectionFormat,
  file: Buffer,
): Map<string, Buffer> | string {
  if (file.length < HEADER + CHECKSUM || file.toString('latin1', 0, MAGIC_BYTES) !== magic)
    return 'it is no such file';
  const found = file.readUInt32LE(MAGIC_BYTES);
  if (found !== version) return `it has version ${found}, and ${version} is read here`;
  const end = file.length - CHECKSUM;
  const digest = createHash('sha256').update(file.subarray(0, end)).digest();
  if (!timingSafeEqual(digest, file.subarray(end))) return 'its checksum is not that of its bytes';
  const start = HEADER + file.readUInt32LE(MAGIC_BYTES + 4);
  const table = JSON.parse(file.toString('utf8', HEADER, start)) as Record<string, [number, number]>;
  return new Map(
    Object.entries(table).map(([name, [offset, length]]) => [
      name,
      file.subarray(start + offset, start + offset + length),
    ]),
  );
}

function align(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

function asBytes(view: Uint8Array): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
