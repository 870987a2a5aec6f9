import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { keptFinding } from './kept-finding.ts';

afterEach(() => void vi.useRealTimers());

async function finder(): Promise<(ingredient: string, finding: number) => Promise<number>> {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-finding-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return (ingredient, finding) =>
    keptFinding('vmm', [ingredient], {
      env: { DEWAR_CACHE_DIR: directory },
      schema: z.number(),
      isKept: (value) => value < 10,
      find: () => Promise.resolve(finding),
    });
}

test('a finding is found again only for another program, or after a day', async () => {
  const find = await finder();
  expect(await find('a', 1)).toBe(1);
  expect(await find('a', 2)).toBe(1);
  expect(await find('b', 3)).toBe(3);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * 60 * 60 * 1000 });
  expect(await find('a', 4)).toBe(4);
});

test('what is not to be kept is found each time', async () => {
  const find = await finder();
  expect(await find('a', 10)).toBe(10);
  expect(await find('a', 11)).toBe(11);
});
