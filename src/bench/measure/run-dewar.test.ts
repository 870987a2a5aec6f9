import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runDewar } from './run-dewar.ts';
import type { DewarCost } from './run-dewar.ts';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'dewar-run-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('peak memory is that of the process and its threads, at its highest', async () => {
  const idle = await run('');
  const main = await run('Buffer.alloc(200 << 20, 1);');
  const thread = await run(
    "new (require('node:worker_threads').Worker)('Buffer.alloc(200 << 20, 1)', { eval: true });",
  );
  expect(peakOf(idle)).toBeGreaterThan(20);
  expect(peakOf(main) - peakOf(idle)).toBeGreaterThan(150);
  expect(peakOf(thread) - peakOf(idle)).toBeGreaterThan(150);
});

test('an exit code that is not allowed is an error with the last lines of stderr', async () => {
  await expect(run("console.error('it broke'); process.exit(3);")).rejects.toMatchObject({
    code: 'BENCH_STEP_FAILED',
    message: expect.stringMatching(/exit code 3[^]*it broke$/) as string,
  });
});

async function run(source: string): Promise<DewarCost> {
  const script = join(scratch, 'program.cjs');
  await writeFile(script, source);
  const env = { PATH: process.env['PATH'] ?? '' };
  return runDewar({ node: process.execPath, script }, [], { cwd: scratch, env });
}

function peakOf({ peakMib }: DewarCost): number {
  return peakMib ?? Number.NaN;
}
