/** What the kernel says on the serial port. */
export const PROBE_WORDS = 'a guest runs';

/**
 * A kernel for Firecracker that shows whether a guest really runs, without an image: it counts to 2^26, takes one timer
 * interrupt, says `PROBE_WORDS` and resets the machine, which ends Firecracker. Its source is probe-kernel.S.
 * @returns an ELF file
 */
export function probeKernel(): Buffer {
  const code = Buffer.from(CODE, 'base64');
  const file = Buffer.alloc(CODE_OFFSET + code.length);
  // The file header: 64 bits, little endian, an executable for x86-64.
  Buffer.from('7f454c46020101', 'hex').copy(file);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(62, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(LOAD_ADDRESS, 24);
  file.writeBigUInt64LE(BigInt(FILE_HEADER), 32);
  file.writeUInt16LE(FILE_HEADER, 52);
  file.writeUInt16LE(SEGMENT_HEADER, 54);
  file.writeUInt16LE(1, 56);
  // Its one segment: to be loaded, and run.
  file.writeUInt32LE(1, FILE_HEADER);
  file.writeUInt32LE(5, FILE_HEADER + 4);
  file.writeBigUInt64LE(BigInt(CODE_OFFSET), FILE_HEADER + 8);
  file.writeBigUInt64LE(LOAD_ADDRESS, FILE_HEADER + 16);
  file.writeBigUInt64LE(LOAD_ADDRESS, FILE_HEADER + 24);
  file.writeBigUInt64LE(BigInt(code.length), FILE_HEADER + 32);
  file.writeBigUInt64LE(BigInt(code.length), FILE_HEADER + 40);
  file.writeBigUInt64LE(0x1000n, FILE_HEADER + 48);
  code.copy(file, CODE_OFFSET);
  return file;
}

const FILE_HEADER = 64;
const SEGMENT_HEADER = 56;
const CODE_OFFSET = 0x1000;
/** The lowest that Firecracker takes. */
const LOAD_ADDRESS = 0x100000n;

/** `as --64 -o k.o probe-kernel.S && ld -Ttext 0 -e 0 --oformat binary -o k.bin k.o && base64 k.bin` */
const CODE = [
  'vAAACAC5AAAABP/JdfxIjQVwAAAAjMrB4hBmicKJFCUAAgkAicKB4gAA//+BygCOAACJFCUEAgkASMcEJQgCCQAAAAAAZscEJQAQCQD/D',
  '0jHBCUCEAkAAAAJAA8BHCUAEAkAsBHmILAg5iGwBOYhsAHmIbD+5iGwMOZDsBDmQOZA+/Tr/Wa6+ANIjTUWAAAAuQ0AAACKBu5I/8b/yX',
  'X2sP7mZPTr/WEgZ3Vlc3QgcnVucwo=',
].join('');
