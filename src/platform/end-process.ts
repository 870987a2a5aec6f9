import { setTimeout as sleep } from 'node:timers/promises';
import { KILL_DELAY_MS } from './run-command.ts';

const POLL_MS = 50;

/** Ends a process: SIGTERM, and SIGKILL when it is still there after a while. Returns when it is gone. */
export async function endProcess(pid: number): Promise<void> {
  if (!signal(pid, 'SIGTERM')) return;
  for (let waited = 0; waited < KILL_DELAY_MS; waited += POLL_MS) {
    await sleep(POLL_MS);
    if (!signal(pid, 0)) return;
  }
  signal(pid, 'SIGKILL');
  while (signal(pid, 0)) await sleep(POLL_MS);
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
