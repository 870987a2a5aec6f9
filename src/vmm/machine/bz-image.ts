/** What is packed in a bzImage. */
export interface BzImagePayload {
  /** Unpacks it from stdin to stdout with `-d -c`. */
  program: string;
  bytes: Buffer;
  /** Of what is unpacked; undefined where the image does not say. */
  size: number | undefined;
}

/** First bytes of what a kernel's build packs with, and the program that unpacks it. */
const FORMATS: readonly { magic: string; program: string }[] = [
  { magic: '1f8b', program: 'gzip' },
  { magic: 'fd377a585a00', program: 'xz' },
  { magic: '28b52ffd', program: 'zstd' },
  { magic: '02214c18', program: 'lz4' },
  { magic: '425a68', program: 'bzip2' },
  { magic: '5d0000', program: 'xz' },
];

/** Linux's Documentation/arch/x86/boot.rst: offsets into the first sectors of a bzImage. */
const SETUP_SECTORS = 0x1f1;
const HEADER = 0x202;
const VERSION = 0x206;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const HEADER_END = 0x250;
/** The first protocol with a payload. */
const FIRST_VERSION = 0x0208;
const SECTOR = 512;
/** For a kernel that says nothing. */
const OLD_SETUP_SECTORS = 4;
const SIZE_BYTES = 4;

/** @returns undefined for what is no bzImage, and for one that is packed in an unknown way */
export function bzImagePayload(image: Buffer): BzImagePayload | undefined {
  if (image.length < HEADER_END || image.toString('latin1', HEADER, HEADER + 4) !== 'HdrS') return undefined;
  if (image.readUInt16LE(VERSION) < FIRST_VERSION) return undefined;
  const sectors = image.readUInt8(SETUP_SECTORS) || OLD_SETUP_SECTORS;
  const start = (sectors + 1) * SECTOR + image.readUInt32LE(PAYLOAD_OFFSET);
  const end = start + image.readUInt32LE(PAYLOAD_LENGTH);
  if (end > image.length || end - start < SIZE_BYTES) return undefined;
  const bytes = image.subarray(start, end);
  const format = FORMATS.find(({ magic }) => bytes.toString('hex', 0, magic.length / 2) === magic);
  if (format === undefined) return undefined;
  const { program } = format;
  // gzip ends with the size by itself; the build appends it to what any other program makes, which takes it for rubbish
  const packed = program === 'gzip' ? bytes : bytes.subarray(0, -SIZE_BYTES);
  return { program, bytes: packed, size: bytes.readUInt32LE(bytes.length - SIZE_BYTES) };
}

export function isElf(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString('latin1') === '\u007FELF';
}
