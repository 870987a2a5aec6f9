import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { processesWithOption } from './processes-with-option.ts';

const started: ReturnType<typeof spawn>[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** @returns the id of a program that does nothing, with arguments */
async function idle(...args: string[]): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); console.log(1)', '--', ...args]);
  started.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

test('a program is found by its option and value, one after the other, and nothing else', async () => {
  const path = `/nowhere/${process.pid}/metrics.json`;
  const meant = await idle('--other', 'x', '--metrics-path', path);
  await idle('-f', path);
  await idle('--metrics-path', `${path}.1`);
  await idle(path, '--metrics-path');
  await idle(`--metrics-path ${path}`);
  expect(await processesWithOption([['--metrics-path', path]])).toEqual([meant]);
  const pidfile = ['-pidfile', `${path}.pid`] as const;
  const second = await idle(...pidfile);
  const both = await processesWithOption([['--metrics-path', path], pidfile]);
  expect(new Set(both)).toEqual(new Set([meant, second]));
  expect(await processesWithOption([['--api-socket', path]])).toEqual([]);
});
