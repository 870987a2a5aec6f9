import { readFile, readdir } from 'node:fs/promises';

/** @returns ids of the processes whose arguments or environment have a word (Linux: proc(5)) */
export async function processesWithWord(file: 'cmdline' | 'environ', word: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    // A process may end at any moment; others' may be hidden.
    const words = await readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    if (words.split('\0').includes(word)) found.push(Number(name));
  }
  return found;
}
