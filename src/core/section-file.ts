import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { bufferView } from './columns.ts';
import { digestPages, PAGE_BYTES, PagedBytes, Pages } from './paged-bytes.ts';
import type { ByteSource, PageCosts, SavedBytes } from './paged-bytes.ts';

/**
 * A container of named runs of bytes behind a head, so that a reader takes views of what it needs and parses nothing.
 *
 *     head: magic of 8 letters, version uint32 LE, size of the head uint32 LE, size of the JSON uint32 LE, zero uint32,
 *           JSON {order, about, length, sections: {name: [offset, length]}}, zeros up to a multiple of 8,
 *           sha256 of each page of the body, sha256 of all the head before it
 *     body: the sections, each at a multiple of 64; it begins where the head ends
 *
 * A reader trusts nothing that it has not checked: first the head, by its own digest, then each page that it needs.
 */
export interface SectionFormat {
  /** 8 letters. */
  magic: string;
  version: number;
}

/** Facts of the file that a reader may want to know before it uses any of it. */
export type About = Readonly<Record<string, string>>;

export type Sections = ReadonlyMap<string, SavedBytes>;

export interface SectionFile {
  about: About;
  sections: ReadonlyMap<string, PagedBytes>;
  costs: PageCosts;
}

/** Why a file cannot be used. */
export interface SectionProblem {
  kind: 'foreign' | 'older' | 'newer' | 'damaged';
  /** Reads on after the name of the file: `it …`. */
  why: string;
}

const MAGIC_BYTES = 8;
const FIXED = MAGIC_BYTES + 16;
const HEAD_ALIGNMENT = 8;
/** Numbers and digests of a section then never lie across a page. */
const ALIGNMENT = 64;
const DIGEST = 32;

interface Table {
  /** Byte order of the machine that wrote the numbers. */
  order: string;
  about: About;
  /** Of the body. */
  length: number;
  sections: Record<string, [offset: number, length: number]>;
}

/** @returns the bytes of the file, in pieces */
export function packSections(
  { magic, version }: SectionFormat,
  sections: ReadonlyMap<string, Uint8Array>,
  about: About = {},
): Uint8Array[] {
  const table: Table = { order: endianness(), about, length: 0, sections: {} };
  const body: Uint8Array[] = [];
  for (const [name, bytes] of sections) {
    table.sections[name] = [table.length, bytes.byteLength];
    const padding = Buffer.alloc(align(bytes.byteLength, ALIGNMENT) - bytes.byteLength);
    body.push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), padding);
    table.length += bytes.byteLength + padding.length;
  }
  const json = Buffer.from(JSON.stringify(table));
  const digests = digestPages(body);
  const start = Buffer.alloc(align(FIXED + json.length, HEAD_ALIGNMENT));
  start.write(magic, 'latin1');
  start.writeUInt32LE(version, MAGIC_BYTES);
  start.writeUInt32LE(start.length + digests.length + DIGEST, MAGIC_BYTES + 4);
  start.writeUInt32LE(json.length, MAGIC_BYTES + 8);
  json.copy(start, FIXED);
  const head = Buffer.concat([start, digests]);
  return [head, sha256(head), ...body];
}

/**
 * Opens a file: reads and checks its head, and no more.
 * @param fail makes the error that is thrown for a file that cannot be used; now, or when a damaged page is needed
 */
export function openSections(
  { magic, version }: SectionFormat,
  source: ByteSource,
  fail: (problem: SectionProblem) => Error,
): SectionFile {
  const started = performance.now();
  const damaged = (why: string): Error => fail({ kind: 'damaged', why });
  const read = (length: number, position: number): Buffer => {
    const bytes = Buffer.allocUnsafe(length);
    try {
      source.read(bytes, position);
    } catch (error) {
      throw damaged(error instanceof Error ? error.message : String(error));
    }
    return bytes;
  };
  const start = source.size < MAGIC_BYTES ? undefined : read(Math.min(source.size, PAGE_BYTES), 0);
  if (start?.toString('latin1', 0, MAGIC_BYTES) !== magic)
    throw fail({ kind: 'foreign', why: 'it is another kind of file' });
  if (start.length < FIXED) throw damaged('it ends in its head');
  const found = start.readUInt32LE(MAGIC_BYTES);
  if (found !== version)
    throw fail({
      kind: found < version ? 'older' : 'newer',
      why: `it has version ${found}, and this dewar reads version ${version}`,
    });
  const headSize = start.readUInt32LE(MAGIC_BYTES + 4);
  if (headSize < FIXED + DIGEST || headSize > source.size) throw damaged('it ends in its head');
  const head = headSize <= start.length ? start.subarray(0, headSize) : read(headSize, 0);
  const headEnd = headSize - DIGEST;
  if (sha256(head.subarray(0, headEnd)).compare(head, headEnd) !== 0)
    throw damaged('its head is not as it was written');
  const jsonEnd = FIXED + head.readUInt32LE(MAGIC_BYTES + 8);
  const table = JSON.parse(head.toString('utf8', FIXED, jsonEnd)) as Table;
  if (source.size !== headSize + table.length)
    throw damaged(`it has ${source.size} bytes instead of ${headSize + table.length}`);
  if (table.order !== endianness())
    throw fail({ kind: 'foreign', why: 'it was written on a machine of another byte order' });
  const digests = head.subarray(align(jsonEnd, HEAD_ALIGNMENT), headEnd);
  const pages = new Pages(source, { position: headSize, length: table.length }, digests, damaged);
  pages.costs.bytes += headSize;
  pages.costs.ms += performance.now() - started;
  return {
    about: table.about,
    sections: new Map(
      Object.entries(table.sections).map(([name, [offset, length]]) => [
        name,
        new PagedBytes(pages, offset, length),
      ]),
    ),
    costs: pages.costs,
  };
}

/**
 * `openSections` for a file in memory, all of which is checked at once.
 * @returns for one that cannot be used: why
 */
export function unpackSections(format: SectionFormat, file: Buffer): Map<string, Buffer> | string {
  const source: ByteSource = {
    size: file.length,
    read: (target, position) => file.copy(target, 0, position),
  };
  try {
    const { sections } = openSections(format, source, ({ why }) => new Unusable(why));
    return new Map([...sections].map(([name, section]) => [name, bufferView(section.whole())]));
  } catch (error) {
    if (error instanceof Unusable) return error.message;
    throw error;
  }
}

class Unusable extends Error {}

function align(size: number, to: number): number {
  return Math.ceil(size / to) * to;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
