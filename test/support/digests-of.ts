import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile } from '../../src/platform/durable-files.ts';

/** @returns sha256 of the files of a directory, by name */
export async function digestsOf(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).toSorted();
  const found = await Promise.all(
    names.map(async (name) => (await digestFile(join(directory, name))).sha256),
  );
  return Object.fromEntries(names.map((name, index) => [name, found[index] ?? '']));
}
