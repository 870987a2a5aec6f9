import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../../src/platform/run-command.ts';
import { PROBE_ANSWER, probeKernel } from '../../src/vmm/cloud-hypervisor/host/probe-kernel.ts';

test('in an emulated machine of QEMU it counts, pages, says its word and writes the power-off to port 0x600', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-probe-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const kernel = join(directory, 'kernel');
  const serial = join(directory, 'serial');
  await writeFile(kernel, probeKernel());
  const machine = '-M microvm,accel=tcg,acpi=off -m 128 -nodefaults -display none -no-reboot';
  const exit = ['-device', 'isa-debug-exit,iobase=0x600,iosize=1'];
  const { exitCode } = await runCommand(
    'qemu-system-x86_64',
    [...machine.split(' '), ...exit, '-serial', `file:${serial}`, '-kernel', kernel],
    { deadlineMs: 60_000 },
  );
  expect(await readFile(serial, 'latin1')).toBe(PROBE_ANSWER);
  expect(exitCode).toBe(0x34 * 2 + 1);
});
