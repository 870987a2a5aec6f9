import { expect, test } from 'vitest';
import { probeRom, tscKilohertz } from './probe-rom.ts';

test('the ROM begins, at reset, with a jump to its first byte', () => {
  const rom = probeRom();
  expect(rom).toHaveLength(64 * 1024);
  expect(rom[0xfff0]).toBe(0xe9);
  expect((0xfff3 + rom.readUInt16LE(0xfff1)) & 0xffff).toBe(0);
  expect(rom[0]).toBe(0xfa);
});

test.each([
  ['0000000007879fb0\n', 2_300_041],
  ['', undefined],
  ['0000000007879fb0', undefined],
  ['hello', undefined],
])('reads the rate of the TSC from %j', (output, expected) => {
  expect(tscKilohertz(output)).toBe(expected);
});
