import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearSlot, listSlots, SLOTS, takeSlot } from './slots.ts';
import type { Slot, SlotHolder } from './slots.ts';

let env: { XDG_RUNTIME_DIR: string };

beforeEach(async () => {
  env = { XDG_RUNTIME_DIR: await mkdtemp(join(tmpdir(), 'dewar-test-')) };
});

afterEach(() => rm(env.XDG_RUNTIME_DIR, { recursive: true }));

function holder(name: string): SlotHolder {
  return { state: `/w/${name}/.dewar`, workspace: `/w/${name}`, name, machine: `id-${name}`, driver: 'qemu' };
}

async function take(count: number): Promise<Slot[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => takeSlot(env, holder(`m${index}`))));
}

const files = (): Promise<string[]> => readdir(join(env.XDG_RUNTIME_DIR, 'dewar/slots'));

test('as many as there are get one each, at once; the next one gets none', async () => {
  const slots = await take(SLOTS);
  expect(slots.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([...Array(SLOTS).keys()]);
  await expect(takeSlot(env, holder('late'))).rejects.toMatchObject({ code: 'NO_SLOT' });
  const listed = await listSlots(env);
  expect(listed).toHaveLength(SLOTS);
  expect(listed.every(({ held }) => held)).toBe(true);
  expect(new Set(listed.map(({ machine }) => machine)).size).toBe(SLOTS);
  await slots.find(({ number }) => number === 17)?.lock.release();
  expect((await takeSlot(env, holder('late'))).number).toBe(17);
});

test('who looks at the slots clears those whose holder is dead, and only those', async () => {
  const [first, second, third] = (await take(3)).toSorted((a, b) => a.number - b.number);
  await second?.lock.release();
  const listed = await listSlots(env);
  expect(listed.map(({ number, held }) => [number, held])).toEqual([
    [0, true],
    [1, false],
    [2, true],
  ]);
  expect(await files()).toEqual(['00', '02']);
  await clearSlot(env, first?.number ?? -1);
  await third?.lock.release();
  await clearSlot(env, 2);
  await clearSlot(env, 3);
  expect(await files()).toEqual(['00']);
});

test('what is no holder is cleared without a word', async () => {
  const [slot] = await take(1);
  await slot?.lock.release();
  for (const [name, text] of [
    ['00', ''],
    ['01', '{"state":'],
    ['02', '{}'],
  ] as const)
    await writeFile(join(env.XDG_RUNTIME_DIR, 'dewar/slots', name), text);
  expect(await listSlots(env)).toEqual([]);
  expect(await files()).toEqual([]);
});

test('who takes a slot hears who died with it, and may leave slots out', async () => {
  const first = await takeSlot(env, holder('first'));
  expect(first).toMatchObject({ number: 0, previous: undefined });
  await first.lock.release();
  const second = await takeSlot(env, holder('second'));
  expect(second).toMatchObject({ number: 0, previous: holder('first') });
  const third = await takeSlot(env, holder('third'), new Set([1, 2]));
  expect(third).toMatchObject({ number: 3, previous: undefined });
  await second.lock.release();
  await third.lock.release();
});
