import { expect, test } from 'vitest';
import { hostDifferences } from './host-compatibility.ts';
import type { HostCompatibility } from './host-compatibility.ts';

const HOST: HostCompatibility = {
  architecture: 'x64',
  page_size: 4096,
  cloud_hypervisor: 'v53.0',
  cpu_model: 'AMD EPYC 9004',
  cpu_flags: ['avx2', 'sse2'],
};

test('the same host differs in nothing', () => {
  expect(hostDifferences(HOST, { ...HOST })).toEqual([]);
});

test('another version, and a CPU with other features, are named', () => {
  const here = { ...HOST, cloud_hypervisor: 'v52.0', cpu_flags: ['avx2', 'avx512f'] };
  expect(hostDifferences(HOST, here)).toEqual([
    'Cloud Hypervisor v52.0 instead of v53.0',
    'CPU without sse2',
    'CPU that also has avx512f',
  ]);
});
