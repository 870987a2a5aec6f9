import { plainTable } from '../report/plain-table.ts';
import { duration, times } from '../report/units.ts';
import type { NoMachine, ShownMachine } from './show-machine.ts';

/** What was shown of a machine, for a terminal. */
export function machineText(machine: ShownMachine | NoMachine): string {
  if ('why' in machine) return `No machine is shown here: ${machine.why}.`;
  const { program, accelerator, memory_mib, image_build_ms, boot_ms, freeze_ms, clones } = machine;
  const table = plainTable(['machine', 'time', 'against the boot']);
  if (image_build_ms !== null) table.push(['image minimal, built once', duration(image_build_ms), '']);
  table.push(['boot to its first program', duration(boot_ms), '']);
  table.push(['freeze', duration(freeze_ms), '']);
  for (const [index, { thaw_ms }] of clones.entries()) {
    const name = `thaw to its first program, clone ${index + 1} of ${clones.length} at once`;
    table.push([name, duration(thaw_ms), `${times(boot_ms / thaw_ms)} faster`]);
  }
  const how =
    accelerator === 'kvm' ? 'with KVM' : 'every instruction emulated (TCG), as KVM does not work here';
  return `A machine with ${memory_mib} MiB in QEMU ${program}, ${how}:
${table.toString()}
${verdict(machine)}`;
}

function verdict({ clones, right, bundle_unchanged }: ShownMachine): string {
  const files = bundle_unchanged
    ? 'The files of the snapshot are unchanged, though both wrote to their memory and disk.'
    : 'THE FILES OF THE SNAPSHOT WERE CHANGED.';
  const each = (part: 'machine_id' | 'random'): string =>
    clones.map((clone) => `${clone[part].slice(0, 8)}…`).join(' and ');
  return right
    ? `Both clones have what was in its memory; each has a machine-id of its own (${each('machine_id')}), and random
numbers (${each('random')}). ${files}`
    : `THE CLONES ARE NOT AS THEY MUST BE: ${JSON.stringify(clones)}. ${files}`;
}
