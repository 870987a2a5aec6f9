import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackgroundProcess, ProcessEnd } from './background-process.ts';

const POLL_MS = 50;

/**
 * @returns when a process was started, in clock ticks since the host's boot: with its id, a name that no other process ever
 *   has until the next boot (proc(5)); undefined when there is none, or one that nobody has waited for
 */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // A program's name may have spaces and brackets of its own.
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/**
 * A process that another one started.
 * @param start of `startOfProcess`
 */
export function runningProcess(pid: number, start: string): BackgroundProcess {
  let end: ProcessEnd | undefined;
  let ended: Promise<ProcessEnd> | undefined;
  const letGo = new AbortController();
  const untilGone = async (): Promise<ProcessEnd> => {
    while ((await startOfProcess(pid)) === start)
      await sleep(POLL_MS, undefined, { signal: letGo.signal }).catch(() => new Promise(() => undefined));
    // Only its parent is told how it ended.
    return (end = { exitCode: undefined, signal: undefined });
  };
  return {
    pid,
    get end() {
      return end;
    },
    // Nobody looks before somebody waits.
    get ended() {
      return (ended ??= untilGone());
    },
    letGo: () => letGo.abort(),
  };
}
