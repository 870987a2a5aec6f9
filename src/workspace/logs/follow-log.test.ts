import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followLog } from './follow-log.ts';
import { openLogReader } from './log-reader.ts';
import { readLog } from './read-log.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-logs-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Follows a log while `write` works on it; it is over when that has ended. */
async function follow(path: string, most: number, write: () => Promise<void>): Promise<string[]> {
  let isOver = false;
  const lines: string[] = [];
  const written = (async () => {
    await poll();
    await write();
    isOver = true;
  })();
  const options = { most, isOver: () => Promise.resolve(isOver), signal: undefined, pollMs: 10 };
  for await (const some of followLog(path, options)) lines.push(...some);
  await written;
  return lines;
}

test('the last lines, then what comes, each line when it is whole, the rest at the end', async () => {
  const path = join(directory, 'one');
  await writeFile(path, 'a\nb\nc\nhalf');
  const lines = await follow(path, 2, async () => {
    await appendFile(path, ' and half\n\u001B[2Jclean\n');
    await poll();
    await appendFile(path, Buffer.from('é').subarray(0, 1));
    await poll();
    await appendFile(path, Buffer.concat([Buffer.from('é').subarray(1), Buffer.from('\nno end')]));
  });
  expect(lines).toEqual(['c', 'half and half', 'clean', 'é', 'no end']);
});

test('a file that is there later, is begun anew, and goes', async () => {
  const path = join(directory, 'later');
  const lines = await follow(path, 10, async () => {
    await writeFile(path, 'first\nof the');
    await poll();
    await rm(path);
    await writeFile(path, 'second\n');
    await poll();
    await writeFile(path, '3rd\n');
    await poll();
    await appendFile(path, 'end\n');
    await rm(path);
  });
  expect(lines).toEqual(['first', 'of the', 'second', '3rd', 'end']);
});

test('a signal ends it, also while there is always more', async () => {
  const path = join(directory, 'endless');
  await writeFile(path, 'x\n'.repeat(1 << 20));
  const abort = new AbortController();
  const options = { most: Infinity, isOver: () => Promise.resolve(false), signal: abort.signal };
  let parts = 0;
  for await (const lines of followLog(path, options)) {
    if (lines.length > 0) parts++;
    abort.abort();
  }
  expect(parts).toBe(1);
});

test('a line without an end does not fill the memory', async () => {
  const path = join(directory, 'long');
  await writeFile(path, 'x'.repeat(1 << 20));
  const reader = await openLogReader(path, 1);
  let length = 0;
  for await (const lines of reader?.newLines() ?? []) length += lines.join('').length;
  expect(length + (reader?.rest().join('').length ?? 0)).toBe(1 << 20);
  expect(reader?.rest()).toEqual([]);
  await reader?.close();
});

test.each([
  [0, []],
  [1, ['c']],
  [3, ['a', 'b', 'c']],
  [9, ['a', 'b', 'c']],
])('the last %d lines', async (most, lines) => {
  const path = join(directory, 'end');
  await writeFile(path, 'a\nb\nc\n');
  expect(await readLog(path, most)).toEqual(lines);
  const reader = await openLogReader(path, most);
  const read: string[] = [];
  for await (const some of reader?.newLines() ?? []) read.push(...some);
  expect(read).toEqual(lines);
  await reader?.close();
});

test('no lines of a file that is not there', async () => {
  expect(await readLog(join(directory, 'none'), 5)).toEqual([]);
});

/** Long enough for the reader to look. */
function poll(): Promise<void> {
  return sleep(60);
}
