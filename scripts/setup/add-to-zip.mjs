import { readFileSync, writeFileSync } from 'node:fs';
import { SetupError } from './say.mjs';

const END = 0x06054b50;
const END_SIZE = 22;

/**
 * Adds an uncompressed entry to a zip file (PKWARE APPNOTE, without zip64); does nothing when the name is there already.
 * @param name and text are ASCII
 */
export function addToZip(path, name, text) {
  const zip = readFileSync(path);
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  const count = end < 0 ? 0xffff : zip.readUInt16LE(end + 10);
  if (count === 0xffff) throw new SetupError(`${path} is no zip file that can be added to`);
  const size = zip.readUInt32LE(end + 12);
  const start = zip.readUInt32LE(end + 16);
  const directory = zip.subarray(start, start + size);
  if (directory.includes(name, 0, 'latin1')) return;
  const data = Buffer.from(text, 'latin1');
  const entry = directoryEntry(name, data, start);
  const local = Buffer.concat([localHeader(name, data), data]);
  const tail = Buffer.alloc(END_SIZE);
  tail.writeUInt32LE(END, 0);
  tail.writeUInt16LE(count + 1, 8);
  tail.writeUInt16LE(count + 1, 10);
  tail.writeUInt32LE(size + entry.length, 12);
  tail.writeUInt32LE(start + local.length, 16);
  writeFileSync(path, Buffer.concat([zip.subarray(0, start), local, directory, entry, tail]));
}

function localHeader(name, data) {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header, 4, name, data);
  return Buffer.concat([header, Buffer.from(name, 'latin1')]);
}

function directoryEntry(name, data, offset) {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(20, 4);
  writeCommon(header, 6, name, data);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, Buffer.from(name, 'latin1')]);
}

/** The fields that both headers share; the time is that of the DOS epoch, 1980-01-01. */
function writeCommon(header, at, name, data) {
  header.writeUInt16LE(20, at);
  header.writeUInt16LE(0x21, at + 8);
  header.writeUInt32LE(crc32(data), at + 10);
  header.writeUInt32LE(data.length, at + 14);
  header.writeUInt32LE(data.length, at + 18);
  header.writeUInt16LE(name.length, at + 22);
}

/** CRC-32 as in zip (ISO 3309), bit by bit; zlib.crc32 is not in every Node 20. */
function crc32(data) {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
