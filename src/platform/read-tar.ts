/** One member of an archive. */
export interface TarMember {
  name: Buffer;
  kind: 'file' | 'directory' | 'other';
  /** Permission bits. */
  mode: number;
  /** Of a file. */
  content: Buffer;
}

const BLOCK = 512;
/** Where fields of a header are (GNU tar, "Basic Tar Format"). */
const FIELDS = {
  name: [0, 100],
  mode: [100, 108],
  size: [124, 136],
  checksum: [148, 156],
  type: [156, 157],
  magic: [257, 265],
} as const;
const GNU_MAGIC = 'ustar  \0';

/**
 * Reads an archive in the format of GNU tar, of whole files. Nothing is written anywhere.
 * @returns a text where it is not one, or not a whole one: what is wrong
 */
export function readTar(bytes: Buffer): TarMember[] | string {
  const members: TarMember[] = [];
  let longName: Buffer | undefined;
  for (let at = 0; ;) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.length < BLOCK) return 'the archive has no end';
    if (header.every((byte) => byte === 0))
      return longName === undefined ? members : 'a long name is of nothing';
    const wrong = whyNoHeader(header);
    if (wrong !== undefined) return wrong;
    const [size, mode] = [numberOf(header, 'size'), numberOf(header, 'mode')];
    if (size === undefined || mode === undefined) return 'a header has no numbers';
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) return 'the archive ends within a file';
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = field(header, 'type').toString('latin1');
    if (type === LONG_NAME) {
      longName = upToZero(content);
      continue;
    }
    // What it leads to is not asked for: links are followed.
    if (type === LONG_TARGET) continue;
    const name = longName ?? field(header, 'name');
    members.push({ name, kind: KINDS[type] ?? 'other', mode, content });
    longName = undefined;
  }
}

const LONG_NAME = 'L';
const LONG_TARGET = 'K';
const KINDS: Readonly<Record<string, TarMember['kind']>> = { '0': 'file', '': 'file', '5': 'directory' };

function whyNoHeader(header: Buffer): string | undefined {
  const [from, to] = FIELDS.magic;
  if (header.toString('latin1', from, to) !== GNU_MAGIC) return 'a header is not of GNU tar';
  const [start, end] = FIELDS.checksum;
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= start && at < end ? 0x20 : byte;
  return numberOf(header, 'checksum') === sum ? undefined : 'a header is damaged';
}

/** Sizes from 8 GiB on have another form; so much is not read into memory. */
function numberOf(header: Buffer, name: keyof typeof FIELDS): number | undefined {
  const octal = field(header, name).toString('latin1').trim();
  return /^[0-7]+$/.test(octal) ? Number.parseInt(octal, 8) : undefined;
}

function field(header: Buffer, name: keyof typeof FIELDS): Buffer {
  const [from, to] = FIELDS[name];
  return upToZero(header.subarray(from, to));
}

function upToZero(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}
