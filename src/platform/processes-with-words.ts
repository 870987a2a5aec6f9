import { readFile, readdir } from 'node:fs/promises';

/**
 * @param sequences of words that stand one after the other
 * @returns ids of the processes whose arguments or environment have one of them (Linux: proc(5))
 */
export async function processesWithWords(
  file: 'cmdline' | 'environ',
  sequences: readonly (readonly string[])[],
): Promise<number[]> {
  const found: number[] = [];
  const wanted = sequences.map(asText);
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    // A process may end at any moment; others' may be hidden.
    const theirs = await readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    if (wanted.some((text) => `\0${theirs}\0`.includes(text))) found.push(Number(name));
  }
  return found;
}

function asText(words: readonly string[]): string {
  return `\0${words.join('\0')}\0`;
}
