/**
 * The whole file of an empty qcow2 disk (docs/interop/qcow2.rst of QEMU, version 3): every byte comes from whatever QEMU is
 * told to put behind it. It names no backing file itself.
 * @param size of the disk in bytes, a multiple of 512
 */
export function emptyQcow2(size: number): Buffer {
  const l1Entries = Math.ceil(size / (CLUSTER * (CLUSTER / ENTRY)));
  const l1Clusters = Math.max(1, Math.ceil((l1Entries * ENTRY) / CLUSTER));
  // Clusters: header, refcount table, one refcount block, L1 table.
  const clusters = 3 + l1Clusters;
  const file = Buffer.alloc(clusters * CLUSTER);
  file.write('QFI\xfb', 0, 'latin1');
  file.writeUInt32BE(3, 4);
  file.writeUInt32BE(CLUSTER_BITS, 20);
  file.writeBigUInt64BE(BigInt(size), 24);
  file.writeUInt32BE(l1Entries, 36);
  file.writeBigUInt64BE(BigInt(3 * CLUSTER), 40);
  file.writeBigUInt64BE(BigInt(CLUSTER), 48);
  file.writeUInt32BE(1, 56);
  file.writeUInt32BE(REFCOUNT_ORDER, 96);
  file.writeUInt32BE(HEADER_LENGTH, 100);
  file.writeBigUInt64BE(BigInt(2 * CLUSTER), CLUSTER);
  for (let cluster = 0; cluster < clusters; cluster++) file.writeUInt16BE(1, 2 * CLUSTER + 2 * cluster);
  return file;
}

const CLUSTER_BITS = 16;
const CLUSTER = 1 << CLUSTER_BITS;
/** Bytes of an entry of the L1 and L2 tables. */
const ENTRY = 8;
/** Refcounts of 16 bits. */
const REFCOUNT_ORDER = 4;
const HEADER_LENGTH = 112;
