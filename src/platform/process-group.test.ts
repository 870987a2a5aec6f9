import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endProcess } from './end-process.ts';
import { runCommand } from './run-command.ts';
import { streamCommand } from './stream-command.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-group-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A wrapper that waits for its program instead of becoming it; both write down their process ids. */
const WRAPPER =
  'echo $$ > "$0.wrapper"; sh -c \'echo $$ > "$0.program"; echo ready >&2; sleep 600\' "$0" ; true';
const STUBBORN = `trap '' TERM; ${WRAPPER}`;

async function isGone(file: string): Promise<boolean> {
  const pid = (await readFile(file, 'utf8')).trim();
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

describe.each([
  ['a wrapper', WRAPPER],
  ['one that ignores SIGTERM', STUBBORN],
])('%s is ended with the program that it started', (_name, script) => {
  test('at an abort', async () => {
    const stop = new AbortController();
    const path = join(directory, 'aborted');
    const running = streamCommand('sh', ['-c', script, path], {
      signal: stop.signal,
      onChunk: () => expect.unreachable('nothing is printed'),
      onStderr: () => stop.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect.poll(() => isGone(`${path}.wrapper`)).toBe(true);
    await expect.poll(() => isGone(`${path}.program`)).toBe(true);
  });

  test('at a deadline', async () => {
    const path = join(directory, 'late');
    const running = runCommand('sh', ['-c', script, path], { deadlineMs: 1000 });
    await expect(running).rejects.toMatchObject({ code: 'DEADLINE' });
    await expect.poll(() => isGone(`${path}.program`)).toBe(true);
  });
});

test('a process that has ended, but that nobody waited for, is not waited for', async () => {
  const path = join(directory, 'zombie');
  // The shell becomes a sleep that never collects its child.
  const stop = new AbortController();
  const parent = runCommand('sh', ['-c', 'sleep 600 & echo $! > "$0"; exec sleep 600', path], {
    signal: stop.signal,
  });
  await expect.poll(() => readFile(path, 'utf8').catch(() => '')).toMatch(/\n/);
  await endProcess(Number(await readFile(path, 'utf8')));
  expect(await isGone(path)).toBe(true);
  stop.abort();
  await expect(parent).rejects.toMatchObject({ code: 'INTERRUPTED' });
});
