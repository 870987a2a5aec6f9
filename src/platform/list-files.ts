import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isAbsent, errnoOf } from './errno.ts';

/** @returns paths of all that is no directory below a directory, relative to it, in no order; none where there is no such directory */
export async function listFiles(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  } catch (error) {
    if (isAbsent(error) || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
