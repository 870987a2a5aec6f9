import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KILL_DELAY_MS } from './process-group.ts';

const POLL_MS = 50;

/** Ends a process: SIGTERM, and SIGKILL when it is still there after a while. Returns when it is gone. */
export async function endProcess(pid: number): Promise<void> {
  if (!signal(pid, 'SIGTERM')) return;
  for (let waited = 0; waited < KILL_DELAY_MS; waited += POLL_MS) {
    await sleep(POLL_MS);
    if (!isAlive(pid)) return;
  }
  signal(pid, 'SIGKILL');
  while (isAlive(pid)) await sleep(POLL_MS);
}

/** A process that has ended stays listed until its parent looks; in a container nobody may ever look. */
function isAlive(pid: number): boolean {
  if (!signal(pid, 0)) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return signal(pid, 0);
  }
}

/** @returns false when there is no such process */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
