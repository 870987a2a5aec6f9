import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stopServersBelow } from '../../src/bench/lab/stop-servers.ts';
import type { DemoResult } from '../../src/bench/demo/run-demo.ts';
import { runCommand } from '../../src/platform/run-command.ts';
import { bazel } from '../support/bazel.ts';
import { processesNaming } from '../support/processes-naming.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));
const COMMITS = ['source', 'build', 'bzl', 'added', 'removed', 'module'];

let scratch = '';
let temporary = '';
beforeAll(async () => {
  scratch = await realpath(await mkdtemp(join(tmpdir(), 'dewar-demo-')));
  temporary = await mkdtemp(join(scratch, 'tmp-'));
});
afterAll(async () => {
  await stopServersBelow(scratch);
  await rm(scratch, { recursive: true, force: true });
});

test('every answer is equal to its cold run; with --keep the answers stay and no server does', async () => {
  const keep = join(scratch, 'kept');
  const run = await runCommand(
    process.execPath,
    [DEWAR, 'demo', '--bazel', bazel(), '--targets', '200', '--keep', keep, '--json'],
    { cwd: scratch, env: environment() },
  );
  // One text, so that a failure shows all that the program said.
  expect(`exit code ${run.exitCode}\n${run.stderr}`).toMatch(
    /^exit code 0\n[^]*the two must be the same bytes/,
  );
  const result = JSON.parse(run.stdout.toString()) as DemoResult;
  expect(result).toMatchObject({ targets: 202, equal: true, kept: keep });
  expect(result.rows.map(({ commit }) => commit)).toEqual(COMMITS);
  for (const row of result.rows) {
    const answer = await readFile(join(keep, 'answers', `${row.commit}.txt`), 'utf8');
    const cold = await readFile(join(keep, 'answers', `${row.commit}.cold.txt`), 'utf8');
    expect(answer).toBe(cold);
    expect(answer.split('\n').filter((line) => line !== '')).toHaveLength(row.impacted);
    expect(row).toMatchObject({ equal: true, tier: expect.not.stringMatching(/^cold$/) as string });
    expect(row.impacted).toBeGreaterThan(0);
  }
  expect(await processesNaming(scratch)).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
});

test('interrupted while it records, it ends its servers and removes its files', async () => {
  const child = spawn(process.execPath, [DEWAR, 'demo', '--bazel', bazel(), '--targets', '200'], {
    cwd: scratch,
    env: environment(),
    // A process group of its own, so that the signal can go to all of it, as from a terminal.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const server = `--output_base=${join(temporary, 'dewar-lab-')}`;
  await expect.poll(() => processesNaming(server), { timeout: 60_000 }).not.toEqual([]);
  expect(stderr).toContain('recording');
  process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
  expect(await ended).toBe(130);
  expect(stderr).toContain('INTERRUPTED');
  expect(await processesNaming(temporary)).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
});

function environment(): Record<string, string> {
  const env = Object.entries(process.env).map(([name, value]) => [name, value ?? '']);
  return { ...(Object.fromEntries(env) as Record<string, string>), TMPDIR: temporary };
}
