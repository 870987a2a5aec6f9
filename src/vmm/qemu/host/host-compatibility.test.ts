import { expect, test } from 'vitest';
import { hostDifferences } from './host-compatibility.ts';
import type { HostCompatibility } from './host-compatibility.ts';

const HOST: HostCompatibility = {
  architecture: 'x64',
  page_size: 4096,
  qemu: '10.0.2',
  accelerator: 'kvm',
  machine: 'microvm',
  cpu_model: 'host (Some CPU)',
  cpu_flags: ['aes', 'avx2'],
  tsc_kilohertz: 2_300_000,
};

test.each([
  [{}, []],
  [{ tsc_kilohertz: 2_300_900 }, []],
  [{ tsc_kilohertz: 2_400_000 }, ['TSC rate in kHz 2400000 instead of 2300000']],
  [{ qemu: '7.2.22' }, ['QEMU 7.2.22 instead of 10.0.2']],
  [{ machine: 'pc-q35-10.0' }, ['machine type pc-q35-10.0 instead of microvm']],
  [{ accelerator: 'tcg' }, ['accelerator tcg instead of kvm']],
  [
    { architecture: 'arm64', page_size: 65_536 },
    ['architecture arm64 instead of x64', 'page size 65536 instead of 4096'],
  ],
  [{ cpu_model: 'host (Another)' }, ['CPU model host (Another) instead of host (Some CPU)']],
  [{ cpu_flags: ['aes', 'sha-ni'] }, ['CPU without avx2', 'CPU that also has sha-ni']],
] satisfies [Partial<HostCompatibility>, string[]][])('names what differs: %j', (change, expected) => {
  expect(hostDifferences(HOST, { ...HOST, ...change })).toEqual(expected);
});
