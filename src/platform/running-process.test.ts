import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCommand } from './run-command.ts';
import { runningProcess, startOfProcess } from './running-process.ts';

async function startSleep(file = 'sleep'): Promise<{ pid: number; kill: () => void }> {
  const child = spawn(file, ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  onTestFinished(() => void child.kill('SIGKILL'));
  return { pid: child.pid ?? 0, kill: () => void child.kill('SIGKILL') };
}

test('a process has a start, whatever it is called', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const odd = join(directory, 'a) Z (b');
  const { stdout } = await runCommand('sh', ['-c', 'command -v sleep']);
  await symlink(stdout.toString('utf8').trim(), odd);
  const { pid } = await startSleep(odd);
  expect(await startOfProcess(pid)).toMatch(/^\d+$/);
  expect(Number(await startOfProcess(pid))).toBeGreaterThanOrEqual(Number(await startOfProcess(process.pid)));
});

test('one that has ended, or that nobody waited for, has none', async () => {
  expect(await startOfProcess(2 ** 30)).toBeUndefined();
  // The parent of a process that ends becomes a program that waits for nobody.
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(said.toString());
  await expect.poll(() => startOfProcess(pid)).toBeUndefined();
  // It is still listed.
  expect(process.kill(pid, 0)).toBe(true);
});

test('the end of another’s process is seen', async () => {
  const { pid, kill } = await startSleep();
  const running = runningProcess(pid, (await startOfProcess(pid)) ?? '');
  const { ended } = running;
  expect(running.end).toBeUndefined();
  kill();
  expect(await ended).toEqual({ exitCode: undefined, signal: undefined });
  expect(running.end).toEqual({ exitCode: undefined, signal: undefined });
});

test('another process of the same number is not it', async () => {
  const { pid } = await startSleep();
  const running = runningProcess(pid, '1');
  expect(await running.ended).toEqual({ exitCode: undefined, signal: undefined });
});
