import { readFile, readdir } from 'node:fs/promises';

/** @returns process ids whose command line names a path (Linux) */
export async function processesNaming(path: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    // A process that has just ended has no command line any more.
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes(path)) found.push(pid);
  }
  return found;
}
