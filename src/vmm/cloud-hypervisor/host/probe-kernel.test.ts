import { expect, test } from 'vitest';
import { probeKernel } from './probe-kernel.ts';

test('the kernel is an ELF file whose note names the start of its code as the entry of PVH guests', () => {
  const kernel = probeKernel();
  expect(kernel.subarray(0, 7)).toEqual(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]));
  const noteAt = Number(kernel.readBigUInt64LE(64 + 56 + 8));
  expect(kernel.toString('latin1', noteAt + 12, noteAt + 16)).toBe('Xen\0');
  expect(kernel.readUInt32LE(noteAt + 8)).toBe(18);
  expect(kernel.readBigUInt64LE(noteAt + 16)).toBe(0x10_0000n);
  // cli
  expect(kernel[Number(kernel.readBigUInt64LE(64 + 8))]).toBe(0xfa);
});
