import { createHash, timingSafeEqual } from 'node:crypto';
import { DewarError } from '../../core/errors.ts';

/**
 * The container of `graph.idx`: named runs of bytes behind a table, so that a reader takes views of what it needs and
 * parses nothing.
 *
 *     magic "DEWARIDX", version uint32 LE, size of the table in bytes uint32 LE, table as JSON: {name: [offset, length]},
 *     the sections, each at a multiple of 8, and at the very end sha256 over all bytes before it
 */
const MAGIC = Buffer.from('DEWARIDX', 'latin1');
export const INDEX_VERSION = 1;
const HEADER = MAGIC.length + 8;
const ALIGNMENT = 8;
const CHECKSUM = 32;

export type Sections = ReadonlyMap<string, Uint8Array>;

/** @returns the bytes of the file, in pieces */
export function packSections(sections: Sections): Uint8Array[] {
  const table: Record<string, [number, number]> = {};
  let size = 0;
  for (const [name, bytes] of sections) {
    table[name] = [size, bytes.byteLength];
    size = align(size + bytes.byteLength);
  }
  const json = Buffer.from(JSON.stringify(table));
  const head = Buffer.alloc(align(HEADER + json.length), ' ');
  MAGIC.copy(head);
  head.writeUInt32LE(INDEX_VERSION, MAGIC.length);
  head.writeUInt32LE(head.length - HEADER, MAGIC.length + 4);
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
 * @param path for errors
 * @throws DewarError BAD_GRAPH_INDEX for another version, a truncated, changed or foreign file
 */
export function unpackSections(file: Buffer, path: string): Map<string, Buffer> {
  if (file.length < HEADER + CHECKSUM || file.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0)
    throw badIndex(path, 'it is no graph index');
  const version = file.readUInt32LE(MAGIC.length);
  if (version !== INDEX_VERSION)
    throw badIndex(path, `it has version ${version}, and ${INDEX_VERSION} is read here`);
  const end = file.length - CHECKSUM;
  const digest = createHash('sha256').update(file.subarray(0, end)).digest();
  if (!timingSafeEqual(digest, file.subarray(end)))
    throw badIndex(path, 'its checksum is not that of its bytes');
  const start = HEADER + file.readUInt32LE(MAGIC.length + 4);
  const table = JSON.parse(file.toString('utf8', HEADER, start)) as Record<string, [number, number]>;
  return new Map(
    Object.entries(table).map(([name, [offset, length]]) => [
      name,
      file.subarray(start + offset, start + offset + length),
    ]),
  );
}

export function badIndex(path: string, why: string): DewarError {
  return new DewarError({
    code: 'BAD_GRAPH_INDEX',
    message: `${path} cannot be used: ${why}`,
    mend: 'record the snapshot again (dewar record --force)',
  });
}

function align(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

function asBytes(view: Uint8Array): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
