/**
 * A firmware of 64 KiB that shows what a machine can do without any guest: it goes from reset to 64-bit mode with paging,
 * counts to 2^26, which takes minutes where each instruction is interpreted, times PIT channel 2 with the TSC (the shortest
 * of three), takes one timer interrupt, prints the time as 16 hex digits on the debug port 0xe9 and ends QEMU by port 0xf4
 * with exit code 1. Its source is probe-rom.S.
 */
export function probeRom(): Buffer {
  const rom = Buffer.alloc(ROM_BYTES);
  Buffer.from(CODE, 'base64').copy(rom);
  // At reset the CPU is 16 bytes before the end: a near jump to offset 0.
  rom.writeUInt8(0xe9, ROM_BYTES - 16);
  rom.writeUInt16LE(13, ROM_BYTES - 15);
  return rom;
}

/** @returns the TSC's rate from what the ROM printed, in kHz; undefined when that is not its output */
export function tscKilohertz(output: string): number | undefined {
  if (!/^[0-9a-f]{16}\n$/.test(output)) return undefined;
  const ticks = Number.parseInt(output, 16);
  return Math.round(((ticks / PIT_PERIODS) * PIT_HERTZ) / 1000);
}

const ROM_BYTES = 64 * 1024;
const PIT_HERTZ = 1_193_182;
const PIT_PERIODS = 0xffff;

/** `as --64 -o rom.o probe-rom.S && ld -Ttext 0 -e 0 --oformat binary -o rom.bin rom.o && base64 rom.bin` */
const CODE = [
  '+i5mDwEWeAEPIMAMAQ8iwGbqGAAPAAgAZrgQAI7YjsCO0McF8ADg/v8BAADHBVAD4P4ABwAAxwUAEAAAAyAAAMcFACAAAAMwAADH',
  'BQAwAACDAAAAuAAQAAAPItgPIOAMIA8i4LmAAADADzKAzAEPMA8gwA0AAACADyLA6oIADwAYALwAgAAAuQAAAAT/yXX8vQMAAABI',
  'g8v/5GEk/AwB5mGwsOZDsP/mQuZC6JkAAABIicbkYaggdProiwAAAEgp8Eg52EgPQtj/zXXNxwQlAEIAACUBGADHBCUEQgAAAI4P',
  'AGbHBCUAUAAA/w/HBCUCUAAAAEAAAA8BHCUAUAAAsBHmILAg5iGwBOYhsAHmIbD/5iH7sDDmQ7AQ5kDmQLD+5iH06/25EAAAAEjB',
  'wwSI2CQPPApyAgQnBDDm6eLssArm6THA5/T06/0PMUjB4iBICdDDDx9EAAAAAAAAAAAAAP//AAAAm88A//8AAACTzwD//wAAAJuv',
  'AB8AWAEPAA==',
].join('');
