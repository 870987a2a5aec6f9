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
import { cannotBoot, IMAGES_CACHE, SYSTEM_PATH } from '../support/guest-image.ts';
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

const machine =
  cannotBoot === undefined
    ? 'a machine is frozen and thawed twice'
    : `no machine is shown, as nothing can be booted here ${cannotBoot}`;

test(`every answer is equal to its cold run; ${machine}; with --keep the answers stay and no server or machine does`, async () => {
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
  expect(factsOf(result.machine, run.stderr)).toMatchObject(EXPECTED_MACHINE);
  expect(await readdir(keep)).not.toContain('machine');
  expect(await processesNaming(scratch)).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
});

/** Two clones that have what was in memory, each with names and random numbers of its own; or why there are none. */
const EXPECTED_MACHINE =
  cannotBoot === undefined
    ? {
        right: true,
        bundle_unchanged: true,
        clones: [expectedClone(), expectedClone()],
        machineIds: 2,
        randoms: 2,
        steps: ['boot', 'freeze', 'thaw'],
      }
    : { why: expect.stringMatching(/qemu|mmdebstrap|ssh/i) as string };

function expectedClone(): object {
  const hex = expect.stringMatching(/^[0-9a-f]{32}$/) as string;
  return { remembers: true, machine_id: hex, random: hex, thaw_ms: expect.any(Number) as number };
}

function factsOf(machine: DemoResult['machine'], stderr: string): object {
  if ('why' in machine) return machine;
  const different = (part: 'machine_id' | 'random'): number =>
    new Set(machine.clones.map((clone) => clone[part])).size;
  return {
    ...machine,
    machineIds: different('machine_id'),
    randoms: different('random'),
    steps: [...stderr.matchAll(/^(boot|freeze|thaw): done in/gm)].map(([, step]) => step),
  };
}

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
  return {
    ...(Object.fromEntries(env) as Record<string, string>),
    ...SYSTEM_PATH,
    TMPDIR: temporary,
    // Images, which take a minute to build; all else has a cache of its own.
    DEWAR_CACHE_DIR: IMAGES_CACHE,
    DEWAR_SLOW: '4',
  };
}
