import type { FileHandle } from 'node:fs/promises';

/** A part of a sparse file that is no hole. */
export interface Extent {
  /** Where it is in the file; bytes. */
  offset: number;
  size: number;
  /** Where its bytes are in the archive. */
  at: number;
}

export interface SparseFile {
  /** Of the whole file, holes included; bytes. */
  size: number;
  extents: Extent[];
}

const BLOCK = 512;
const SIZE_FIELD = [124, 136] as const;
const TYPE_FIELD = 156;
/** More than the map of any guest's memory takes. */
const MOST_MAP_BYTES = 64 << 20;

/**
 * Reads where the data of the one sparse file of an archive is (GNU tar, "Storing Sparse Files", PAX format, version 1.0).
 * @returns a text where it is none, or a damaged one: what is wrong
 */
export async function readSparseArchive(archive: FileHandle): Promise<SparseFile | string> {
  const read = async (at: number, size: number): Promise<Buffer> => {
    const buffer = Buffer.alloc(size);
    const { bytesRead } = await archive.read(buffer, 0, size, at);
    return buffer.subarray(0, bytesRead);
  };
  const { size: archiveSize } = await archive.stat();
  const pax = await read(0, BLOCK);
  const paxSize = octal(pax);
  if (pax[TYPE_FIELD] !== 'x'.charCodeAt(0) || paxSize === undefined || paxSize > MOST_MAP_BYTES)
    return 'it does not begin with a PAX header';
  const records = paxRecords((await read(BLOCK, paxSize)).toString('utf8'));
  const size = Number(records.get('GNU.sparse.realsize') ?? NaN);
  if (records.get('GNU.sparse.major') !== '1' || !Number.isSafeInteger(size)) return 'it has no sparse file';

  const mapAt = 2 * BLOCK + padded(paxSize);
  const numbers: number[] = [];
  let text = '';
  let mapSize = 0;
  // The first number says how many pairs follow; the map ends with the block of its last one.
  while (numbers.length === 0 || numbers.length < 1 + 2 * (numbers[0] ?? 0)) {
    const block = await read(mapAt + mapSize, BLOCK);
    if (block.length < BLOCK || mapSize > MOST_MAP_BYTES) return 'its map has no end';
    mapSize += BLOCK;
    const lines = (text + block.toString('latin1').replace(/\0+$/, '')).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (!/^[0-9]{1,15}$/.test(line)) return 'its map is damaged';
      numbers.push(Number(line));
    }
  }
  return withPlaces(numbers, mapAt + mapSize, size, archiveSize);
}

function withPlaces(
  numbers: readonly number[],
  dataAt: number,
  size: number,
  archiveSize: number,
): SparseFile | string {
  const extents: Extent[] = [];
  let at = dataAt;
  let end = 0;
  for (let index = 1; index + 1 < 2 * (numbers[0] ?? 0) + 1; index += 2) {
    const [offset = 0, length = 0] = numbers.slice(index, index + 2);
    if (offset < end || offset + length > size) return 'its map is damaged';
    end = offset + length;
    if (length > 0) extents.push({ offset, size: length, at });
    at += length;
  }
  return at <= archiveSize ? { size, extents } : 'it ends within the data';
}

function octal(header: Buffer): number | undefined {
  const text = header.toString('latin1', ...SIZE_FIELD).replace(/[\0 ]+$/, '');
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** Each is `<length> <name>=<value>\n`; ours have no newlines in them. */
function paxRecords(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^[0-9]+ ([^=]+)=(.*)$/.exec(line));
  return new Map(lines.flatMap((found) => (found === null ? [] : [[found[1] ?? '', found[2] ?? '']])));
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
