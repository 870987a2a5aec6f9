import { expect, test } from 'vitest';
import { ownGuestSettings } from './own-guest-options.ts';
import type { OwnGuestValues } from './own-guest-options.ts';

const CWD = '/home/me';
const OWN: OwnGuestValues = { driver: 'firecracker', kernel: 'vmlinux', rootfs: 'disk' };

function settings(values: OwnGuestValues): unknown {
  return ownGuestSettings('record', values, CWD);
}

test('without an option of its own nothing is a guest of its own', () => {
  expect(settings({ driver: 'qemu', image: 'bazel', memMib: 512, diskGib: 8 })).toEqual({
    firecracker: undefined,
  });
});

test('what is given goes to the driver, with CPUs and memory', () => {
  expect(settings({ ...OWN, vcpus: 2, memMib: 1024 })).toEqual({
    firecracker: undefined,
    ownGuest: { kernel: 'vmlinux', rootfs: 'disk', vcpus: 2, memMib: 1024, cwd: CWD },
  });
});

test('a program that is named by a path is relative to the directory, by a name it is looked for', () => {
  expect(settings({ driver: 'firecracker', firecrackerBin: './fc' })).toEqual({
    firecracker: `${CWD}/fc`,
  });
  expect(settings({ driver: 'firecracker', firecrackerBin: 'fc' })).toEqual({ firecracker: 'fc' });
});

test.each([
  ['--kernel', { ...OWN, driver: 'qemu' }],
  ['--firecracker-bin', { driver: 'auto', firecrackerBin: 'fc' }],
  ['--image', { ...OWN, image: 'bazel' }],
  ['--guest-network', { ...OWN, guestNetwork: 'open' }],
  ['--disk-gib', { ...OWN, diskGib: 8 }],
] satisfies [string, OwnGuestValues][])('%s cannot be together with what is given', (option, values) => {
  expect(() => settings(values)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(option) }),
  );
});
