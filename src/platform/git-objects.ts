import { DewarError } from '../core/errors.ts';
import { git } from './git.ts';
import type { Repository } from './git-repository.ts';

/**
 * @param objects names of blobs
 * @returns their bytes, in the same order
 * @throws DewarError GIT_FAILED when one is missing or no blob
 */
export async function readBlobs(
  repository: Repository,
  objects: readonly string[],
  signal?: AbortSignal,
): Promise<Buffer[]> {
  if (objects.length === 0) return [];
  const input = objects.map((object) => `${object}\n`).join('');
  const output = await git(repository.topLevel, ['cat-file', '--batch'], {
    env: repository.env,
    signal,
    input,
  });
  const blobs: Buffer[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(NEWLINE, at);
    const [object, type, size] = output.toString('latin1', at, end).split(' ');
    if (type !== 'blob') throw missing(object ?? '');
    const start = end + 1;
    blobs.push(output.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return blobs;
}

/** @returns output of `git ls-tree -r -z` of the directory asked for; paths are relative to it */
export async function listTree(
  repository: Repository,
  commit: string,
  signal?: AbortSignal,
): Promise<Buffer> {
  const tree = repository.prefix === '' ? commit : `${commit}:${repository.prefix}`;
  return git(repository.topLevel, ['ls-tree', '-r', '-z', '--full-tree', tree], {
    env: repository.env,
    signal,
  });
}

const NEWLINE = 0x0a;

function missing(object: string): DewarError {
  return new DewarError({
    code: 'GIT_FAILED',
    message: `git cat-file: ${object} is no blob of this repository`,
    mend: 'check that the commit is complete (git fsck, git fetch)',
  });
}
