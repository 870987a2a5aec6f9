import { readFile, readdir } from 'node:fs/promises';

/** @returns ids of the processes whose arguments or environment have one of the words (Linux: proc(5)) */
export async function processesWithWord(
  file: 'cmdline' | 'environ',
  words: readonly string[],
): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    // A process may end at any moment; others' may be hidden.
    const theirs = (await readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')).split('\0');
    if (words.some((word) => theirs.includes(word))) found.push(Number(name));
  }
  return found;
}
