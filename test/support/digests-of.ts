import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestBlocks } from '../../src/platform/digest-blocks.ts';

/** @returns sha256 of the files of a directory, by name, in their blocks: disks and memories are mostly zeros */
export async function digestsOf(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).toSorted();
  const found = await Promise.all(
    names.map(async (name) => (await digestBlocks(join(directory, name))).sha256),
  );
  return Object.fromEntries(names.map((name, index) => [name, found[index] ?? '']));
}
