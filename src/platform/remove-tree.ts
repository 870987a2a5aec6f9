import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, isAbsent } from './errno.ts';

/** Deletes a tree, its read-only directories too. Never follows a link; does nothing when there is no such path. */
export async function removeTree(path: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await rm(path, { recursive: true, force: true });
    } catch (error) {
      const code = errnoOf(error);
      const worthAgain = code === 'EACCES' || code === 'EPERM' || code === 'ENOTEMPTY' || code === 'EBUSY';
      if (!worthAgain || tries === RETRIES) throw error;
      await makeWritable(path);
    }
  }
}

/** A program that is just ending may still put a file into the tree. */
const RETRIES = 3;

async function makeWritable(path: string): Promise<void> {
  const stat = await lstat(path).catch(ignoreAbsent);
  if (stat?.isDirectory() !== true) return;
  await chmod(path, 0o700).catch(ignoreAbsent);
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await makeWritable(join(path, entry.name));
}

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
