import { expect, test } from 'vitest';
import { emptyQcow2 } from './empty-qcow2.ts';

const CLUSTER = 65_536;

test.each([
  [512, 1, 1],
  [2 ** 30, 2, 1],
  [10 * 2 ** 30, 20, 1],
  [8 * 2 ** 40, 16_384, 2],
])('describes an empty disk of %i bytes', (size, l1Entries, l1Clusters) => {
  const file = emptyQcow2(size);
  expect(file).toHaveLength((3 + l1Clusters) * CLUSTER);
  expect(file.toString('latin1', 0, 4)).toBe('QFI\xfb');
  expect([file.readUInt32BE(4), file.readUInt32BE(20), file.readBigUInt64BE(24)]).toEqual([
    3,
    16,
    BigInt(size),
  ]);
  // No backing file, no snapshots, no encryption, no feature that a reader must know.
  expect([
    file.readBigUInt64BE(8),
    file.readUInt32BE(16),
    file.readUInt32BE(32),
    file.readUInt32BE(60),
  ]).toEqual([0n, 0, 0, 0]);
  expect(file.readBigUInt64BE(72)).toBe(0n);
  expect([file.readUInt32BE(36), file.readBigUInt64BE(40)]).toEqual([l1Entries, BigInt(3 * CLUSTER)]);
  const counts = Array.from({ length: 3 + l1Clusters + 1 }, (_, at) =>
    file.readUInt16BE(2 * CLUSTER + 2 * at),
  );
  expect(counts).toEqual([...Array.from({ length: 3 + l1Clusters }, () => 1), 0]);
});
