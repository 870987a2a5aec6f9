import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { DewarError } from '../../core/errors.ts';

/**
 * @param listPath a file with the paths of the seed files, one a line, relative to the process's directory
 * @returns sha256 over the bytes of each seed file in turn; of nothing without a list
 * @throws DewarError SEED_UNREADABLE
 */
export async function readSeed(listPath: string | undefined): Promise<Buffer> {
  const digest = createHash('sha256');
  if (listPath === undefined) return digest.digest();
  const lines = (await readInput(listPath, 'SEED_UNREADABLE', 'the list of seed files'))
    .toString('utf8')
    .split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.some((line) => line.trim() === ''))
    throw new DewarError({
      code: 'SEED_UNREADABLE',
      message: `${listPath}, the list of seed files, has a blank line`,
      mend: 'write one path a line and nothing else',
    });
  for (const path of new Set(lines)) digest.update(await readInput(path, 'SEED_UNREADABLE', 'a seed file'));
  return digest.digest();
}

/**
 * @param path a JSON file: an object of content hashes by path
 * @throws DewarError BAD_CONTENT_HASHES
 */
export async function readContentHashes(path: string | undefined): Promise<Map<string, string> | undefined> {
  if (path === undefined) return undefined;
  const text = (await readInput(path, 'BAD_CONTENT_HASHES', 'the file of content hashes')).toString('utf8');
  const { HashesByPath } = await import('../input-schemas.ts');
  try {
    return new Map(Object.entries(HashesByPath.parse(JSON.parse(text))));
  } catch (error) {
    throw new DewarError({
      code: 'BAD_CONTENT_HASHES',
      message: `${path} is no JSON object of content hashes by path`,
      mend: 'write {"path/from/the/workspace": "hash", …}',
      cause: error,
    });
  }
}

/**
 * @param path a file with paths of modified files, one a line, relative to the workspace
 * @returns absolute paths, not normalised; undefined (all files count) without a file or with an empty one
 * @throws DewarError BAD_MODIFIED_FILES
 */
export async function readModifiedPaths(
  path: string | undefined,
  workspacePath: string,
): Promise<Set<string> | undefined> {
  if (path === undefined) return undefined;
  const text = (await readInput(path, 'BAD_MODIFIED_FILES', 'the list of modified files')).toString('utf8');
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length === 0) return undefined;
  const root = workspacePath.replace(/\/+$/, '');
  return new Set(
    lines.map((line) =>
      (isAbsolute(line) ? line : `${root}/${line}`).replaceAll(/\/+/g, '/').replace(/\/$/, ''),
    ),
  );
}

/** @returns the non-blank lines of a file of repositories @throws DewarError BAD_REPOS_FILE */
export async function readRepos(path: string): Promise<string[]> {
  const text = (await readInput(path, 'BAD_REPOS_FILE', 'the list of repositories')).toString('utf8');
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

async function readInput(path: string, code: string, what: string): Promise<Buffer> {
  try {
    return await readFile(resolve(path));
  } catch (error) {
    throw new DewarError({
      code,
      message: `${path}, ${what}, could not be read: ${(error as Error).message}`,
      mend: 'give the path of a file that exists and that this user may read',
      cause: error,
    });
  }
}
