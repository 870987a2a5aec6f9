import { readFile } from 'node:fs/promises';

/** @returns the lines of a list of targets, sorted */
export async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted((a, b) => (a < b ? -1 : 1));
}
