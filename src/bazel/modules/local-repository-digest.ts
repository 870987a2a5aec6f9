import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { compareText } from '../../core/compare-text.ts';
import { isAbsent } from '../../platform/errno.ts';

/**
 * Hex sha256 over (relative path, 0, bytes, 0) of the files of a local repository in path order, its module lock file
 * left out.
 * @param path as in the rule: absolute, or relative to the workspace
 * @returns undefined when there is no such directory
 */
export async function digestLocalRepository(
  workspacePath: string,
  path: string | undefined,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const root = resolve(workspacePath, path);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
  if (entries === undefined) return undefined;
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== 'MODULE.bazel.lock')
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted(compareText);
  const digest = createHash('sha256');
  for (const file of files) {
    digest
      .update(file)
      .update('\0')
      .update(await readFile(join(root, file)))
      .update('\0');
  }
  return digest.digest('hex');
}
