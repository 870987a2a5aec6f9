import { readFile, readdir } from 'node:fs/promises';

/**
 * Finds programs by a word of their command line that nobody else uses, such as a path with a random part: unlike a pid
 * in a file, it is there from the program's first moment and never names another one.
 * @returns process ids (Linux)
 */
export async function processesWithArgument(argument: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    // A process may end at any moment; others' may be hidden.
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.split('\0').includes(argument)) found.push(Number(name));
  }
  return found;
}
