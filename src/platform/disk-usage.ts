import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK = 512;

/** @returns bytes that a tree takes on its disk, without those that a file system shares between files */
export async function diskUsage(path: string): Promise<number> {
  const stats = await lstat(path);
  const below = stats.isDirectory() ? await readdir(path) : [];
  const sizes = await Promise.all(below.map((name) => diskUsage(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, stats.blocks * BLOCK);
}
