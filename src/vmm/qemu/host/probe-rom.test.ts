import { expect, test } from 'vitest';
import { probeRom, tscKilohertz } from './probe-rom.ts';

test('the ROM begins, at reset, with a jump to its first byte', () => {
  const rom = probeRom();
  expect(rom).toHaveLength(64 * 1024);
  expect(rom[0xfff0]).toBe(0xe9);
  expect((0xfff3 + rom.readUInt16LE(0xfff1)) & 0xffff).toBe(0);
  expect(rom[0]).toBe(0xfa);
});

test('the ROM marks its segment descriptors as accessed, so that no CPU has to write them into it', () => {
  const rom = probeRom();
  const gdtr = rom.readUInt16LE(6);
  const gdt = rom.readUInt32LE(gdtr + 2) & 0xffff;
  const access = [1, 2, 3].map((index) => rom.readUInt8(gdt + 8 * index + 5));
  expect(access).toEqual([0x9b, 0x93, 0x9b]);
});

test.each([
  ['0000000007879fb0\n', 2_300_041],
  ['', undefined],
  ['0000000007879fb0', undefined],
  ['hello', undefined],
])('reads the rate of the TSC from %j', (output, expected) => {
  expect(tscKilohertz(output)).toBe(expected);
});
