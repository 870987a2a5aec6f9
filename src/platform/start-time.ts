import { readFile } from 'node:fs/promises';
import { startOfProcess } from './running-process.ts';

/** Of the kernel's interface, on every architecture (proc(5), `sysconf(_SC_CLK_TCK)`). */
const TICKS_PER_SECOND = 100;

/** @returns when a process was started, milliseconds since the epoch; undefined when there is none */
export async function startTimeOfProcess(pid: number): Promise<number | undefined> {
  const start = await startOfProcess(pid);
  const uptime = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);
  return start === undefined ? undefined : Date.now() - (uptime - Number(start) / TICKS_PER_SECOND) * 1000;
}
