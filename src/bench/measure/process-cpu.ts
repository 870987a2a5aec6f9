import { readFile } from 'node:fs/promises';

/** What times in proc(5) are counted in, on every Linux. */
const TICK_MS = 10;

/**
 * CPU time that a process has used, by itself and in the kernel: a busy host makes a process wait, and changes this little.
 * @returns milliseconds
 * @throws errors of the file system, when there is no such process
 */
export async function processCpuMs(pid: number): Promise<number> {
  return cpuMsOfStat(await readFile(`/proc/${pid}/stat`, 'latin1'));
}

/** @param stat text of /proc/<pid>/stat */
export function cpuMsOfStat(stat: string): number {
  // The name of the program, in brackets, may have blanks and brackets in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
