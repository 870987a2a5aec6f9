import { expect, test } from 'vitest';
import { isRight } from './is-right.ts';
import { machineText } from './machine-text.ts';
import type { ShownMachine } from './show-machine.ts';

const MACHINE: ShownMachine = {
  program: '10.0.2',
  accelerator: 'tcg',
  memory_mib: 256,
  image_build_ms: 61_000,
  boot_ms: 9_000,
  freeze_ms: 900,
  clones: [
    { thaw_ms: 1_800, machine_id: 'a'.repeat(32), random: 'b'.repeat(32), remembers: true },
    { thaw_ms: 3_000, machine_id: 'c'.repeat(32), random: 'd'.repeat(32), remembers: true },
  ],
  right: true,
  bundle_unchanged: true,
};

test('shows each step, what the clones have in common and what not, and how it was emulated', () => {
  const text = machineText(MACHINE);
  expect(text).toContain('256 MiB in QEMU 10.0.2, every instruction emulated (TCG)');
  expect(text).toMatch(/image minimal, built once +│ 61\.0 s/);
  expect(text).toMatch(/clone 1 of 2 at once +│ 1\.80 s +│ 5\.00x faster/);
  expect(text).toMatch(/clone 2 of 2 at once +│ 3\.00 s +│ 3\.00x faster/);
  expect(text).toContain('machine-id of its own (aaaaaaaa… and cccccccc…)');
  expect(text).toContain('files of the snapshot are unchanged');
  expect(machineText({ ...MACHINE, image_build_ms: null })).not.toContain('built');
});

test('a machine that came back wrong is said loudly and is no success, one that cannot be is none', () => {
  expect(isRight({ equal: true, machine: MACHINE })).toBe(true);
  for (const wrong of [{ right: false }, { bundle_unchanged: false }]) {
    const machine = { ...MACHINE, ...wrong };
    expect(machineText(machine)).toMatch(/[A-Z]{3,} [A-Z ]{10,}/);
    expect(isRight({ equal: true, machine })).toBe(false);
  }
  const machine = { why: 'QEMU was not found; install it' };
  expect(machineText(machine)).toBe('No machine is shown here: QEMU was not found; install it.');
  expect(isRight({ equal: true, machine })).toBe(true);
  expect(isRight({ equal: false, machine })).toBe(false);
});
