import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { git, runGit } from './git.ts';
import type { Repository } from './git-repository.ts';

/** The files of a commit below `repository.prefix`, read from git's objects. */
export interface CommitFiles {
  /**
   * @param path relative to the directory asked for; links are followed as a checkout would have them
   * @returns undefined when there is no such regular file
   */
  read(path: string): Promise<Buffer | undefined>;
}

export function commitFiles(repository: Repository, commit: string, signal?: AbortSignal): CommitFiles {
  const cache = new Map<string, Promise<Buffer | undefined>>();
  return {
    read: (path) => {
      const inside = posix.normalize(posix.join(repository.prefix, path));
      if (inside === '..' || inside.startsWith('../') || posix.isAbsolute(path))
        return Promise.resolve(undefined);
      const found = cache.get(inside) ?? readBlob(repository, commit, inside, signal);
      cache.set(inside, found);
      return found;
    },
  };
}

async function readBlob(
  repository: Repository,
  commit: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const options = { env: repository.env, signal };
  if (path.includes('\n')) {
    const result = await runGit(repository.topLevel, ['cat-file', 'blob', `${commit}:${path}`], options);
    return result.exitCode === 0 ? result.stdout : undefined;
  }
  const args = ['cat-file', '--batch', '--follow-symlinks'];
  const output = await git(repository.topLevel, args, { ...options, input: `${commit}:${path}\n` });
  return contentOf(output);
}

/** Reads one answer of `git cat-file --batch --follow-symlinks`: a line, then the bytes that it announces. */
async function contentOf(output: Buffer): Promise<Buffer | undefined> {
  const end = output.indexOf('\n');
  const words = output.toString('utf8', 0, end).split(' ');
  const body = (size: string): Buffer => output.subarray(end + 1, end + 1 + Number(size));
  if (words.length === 3 && words[1] === 'blob') return body(words[2] ?? '');
  if (words.length === 2 && words[0] === 'symlink') {
    // A link that leaves the repository: only an absolute one means the same in every work tree.
    const target = body(words[1] ?? '').toString('utf8');
    if (posix.isAbsolute(target)) return readFile(target).catch(() => undefined);
  }
  return undefined;
}
