import { expect, test } from 'vitest';
import { cpuMsOfStat, processCpuMs } from './process-cpu.ts';

test('user and kernel time are added, whatever the name of the program is', () => {
  const stat = '12 (a) b (c)) S 1 12 12 0 -1 4194304 15446 0 0 0 100 24 7 8 20 0 5 0 99 1 2';
  expect(cpuMsOfStat(stat)).toBe(1240);
});

test('a process that works uses more', async () => {
  const before = await processCpuMs(process.pid);
  const end = performance.now() + 20_000;
  while (performance.now() < end && (await processCpuMs(process.pid)) < before + 50);
  expect(await processCpuMs(process.pid)).toBeGreaterThanOrEqual(before + 50);
});
