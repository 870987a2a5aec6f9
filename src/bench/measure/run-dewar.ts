import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import { timeProcess } from './time-process.ts';
import type { ProcessCost, TimedProcess } from './time-process.ts';

/** How to start this dewar again as a process of its own. */
export interface DewarProgram {
  node: string;
  script: string;
}

export interface DewarCost extends ProcessCost {
  /** Largest resident memory of the process, its threads included, in MiB; undefined where the system does not tell. */
  peakMib: number | undefined;
}

/**
 * Runs `dewar <args>` as a user does: a whole process, timed from outside.
 * @throws DewarError BENCH_STEP_FAILED, INTERRUPTED
 */
export async function runDewar(
  program: DewarProgram,
  args: readonly string[],
  options: Omit<TimedProcess, 'file' | 'args'>,
): Promise<DewarCost> {
  await using scratch = await makeTempDirectory('peak');
  const peakFile = join(scratch.path, 'status');
  const cost = await timeProcess({
    ...options,
    file: program.node,
    args: ['--import', PEAK_PRELOAD, program.script, ...args],
    env: { ...options.env, DEWAR_BENCH_PEAK_FILE: peakFile },
  });
  return { ...cost, peakMib: peakMib(await readFile(peakFile, 'utf8')) };
}

/**
 * Copies what the kernel says of the process when it exits. VmHWM of proc(5) and not ru_maxrss: that one begins with
 * the memory of the process that forked it.
 */
const PEAK_PRELOAD: string = `data:text/javascript,${encodeURIComponent(`
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
const out = process.env.DEWAR_BENCH_PEAK_FILE;
if (isMainThread) process.on('exit', () => {
  const status = '/proc/self/status';
  writeFileSync(out, existsSync(status) ? readFileSync(status) : '');
});`)}`;

function peakMib(status: string): number | undefined {
  const kib = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}
