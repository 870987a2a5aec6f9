import { expect, test } from 'vitest';
import { PROBE_WORDS, probeKernel } from './probe-kernel.ts';

test('is an ELF file that is entered where it is loaded, at 1 MiB, and says its words', () => {
  const kernel = probeKernel();
  expect(kernel.toString('latin1', 0, 4)).toBe('\u007FELF');
  const [entry, segment] = [kernel.readBigUInt64LE(24), Number(kernel.readBigUInt64LE(32))];
  const [offset, physical, size] = [8, 24, 32].map((at) => kernel.readBigUInt64LE(segment + at));
  expect({ entry, physical }).toEqual({ entry: 0x10_0000n, physical: 0x10_0000n });
  expect(Number(offset) + Number(size)).toBe(kernel.length);
  expect(kernel.toString('latin1').endsWith(`${PROBE_WORDS}\n`)).toBe(true);
});
