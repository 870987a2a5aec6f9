import { expect, test } from 'vitest';
import { hostCompatibility, HostCompatibilitySchema, hostDifferences } from './host-compatibility.ts';

const HOST = {
  architecture: 'x64',
  page_size: 4096,
  firecracker: '1.16.1',
  kernel: '6.1',
  cpu_model: 'A CPU',
  cpu_flags: ['aes', 'avx'],
};

test('a host is compatible with itself', async () => {
  const version = { major: 1, minor: 16, text: '1.16.1' };
  const here = HostCompatibilitySchema.parse(await hostCompatibility({ version }));
  expect(here.kernel).toMatch(/^\d+\.\d+$/);
  expect(hostDifferences(here, await hostCompatibility({ version }))).toEqual([]);
});

test('names each difference', () => {
  expect(
    hostDifferences(HOST, {
      architecture: 'arm64',
      page_size: 65_536,
      firecracker: '1.17.0',
      kernel: '6.18',
      cpu_model: 'B CPU',
      cpu_flags: ['avx', 'sse'],
    }),
  ).toEqual([
    'architecture arm64 instead of x64',
    'page size 65536 instead of 4096',
    'Firecracker 1.17.0 instead of 1.16.1',
    'kernel 6.18 instead of 6.1',
    'CPU model B CPU instead of A CPU',
    'CPU without aes',
    'CPU that also has sse',
  ]);
});
