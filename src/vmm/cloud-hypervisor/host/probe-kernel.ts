/**
 * A kernel of one page that shows what a machine can do without any guest: entered as PVH guests are, in flat 32-bit mode, it
 * counts to 2^26 before and after it turns paging on, which takes minutes where each instruction is interpreted, says
 * `PROBE_ANSWER` on the first serial port and powers its machine off by port 0x600. Its source is probe-kernel.S.
 * @returns an ELF file with a PVH entry
 */
export function probeKernel(): Buffer {
  const code = Buffer.from(CODE, 'base64');
  const file = Buffer.alloc(CODE_AT + code.length);
  elfHeader().copy(file);
  programHeader({
    type: PT_LOAD,
    flags: 7,
    at: CODE_AT,
    address: ENTRY,
    size: code.length,
    align: CODE_AT,
  }).copy(file, HEADER_BYTES);
  const note = pvhNote();
  const noteAt = HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
  programHeader({ type: PT_NOTE, flags: 4, at: noteAt, address: 0, size: note.length, align: 4 }).copy(
    file,
    HEADER_BYTES + PROGRAM_HEADER_BYTES,
  );
  note.copy(file, noteAt);
  code.copy(file, CODE_AT);
  return file;
}

export const PROBE_ANSWER = 'dewar\n';

const ENTRY = 0x10_0000;
const CODE_AT = 0x1000;
const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
/** XEN_ELFNOTE_PHYS32_ENTRY: what follows is the physical address at which a PVH guest starts. */
const PVH_ENTRY = 18;

/** `as --32 -o k.o probe-kernel.S && ld -m elf_i386 -Ttext 0x100000 -e 0x100000 --oformat binary -o k.bin k.o && base64 k.bin` */
const CODE = [
  '+rkAAAAESXX9xwUAACAAgwAAALgAACAADyLYDyDgg8gQDyLgDyDADQAAAIAPIsC5AAAABEl1/b5eABAAuv0DAADsqCB0+6yEwHQIuvgD',
  'AADu6+m6AAYAALA07vTr/WRld2FyCgA=',
].join('');

function elfHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  // 64 bits, little-endian, version 1.
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(header);
  header.writeUInt16LE(2, 16);
  // x86-64
  header.writeUInt16LE(62, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(ENTRY), 24);
  header.writeBigUInt64LE(BigInt(HEADER_BYTES), 32);
  header.writeUInt16LE(HEADER_BYTES, 52);
  header.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  header.writeUInt16LE(2, 56);
  return header;
}

function programHeader(segment: {
  type: number;
  flags: number;
  at: number;
  address: number;
  size: number;
  align: number;
}): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER_BYTES);
  header.writeUInt32LE(segment.type, 0);
  header.writeUInt32LE(segment.flags, 4);
  const words = [segment.at, segment.address, segment.address, segment.size, segment.size, segment.align];
  for (const [index, word] of words.entries()) header.writeBigUInt64LE(BigInt(word), 8 + 8 * index);
  return header;
}

function pvhNote(): Buffer {
  const note = Buffer.alloc(12 + 4 + 8);
  note.writeUInt32LE(4, 0);
  note.writeUInt32LE(8, 4);
  note.writeUInt32LE(PVH_ENTRY, 8);
  note.write('Xen\0', 12, 'latin1');
  note.writeBigUInt64LE(BigInt(ENTRY), 16);
  return note;
}
