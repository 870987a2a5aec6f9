import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { git, runGit } from './git.ts';
import type { Repository } from './git-repository.ts';

/** The files of a commit below `repository.prefix`, read from git's objects. */
export interface CommitFiles {
  /**
   * @param path relative to the directory asked for; links are followed as a checkout would have them
   * @returns undefined when there is no such regular file
   */
  read(path: string): Promise<Buffer | undefined>;
  /** @returns paths of all files below a directory, relative to it; none where the commit has no such directory */
  list(directory: string): Promise<string[]>;
}

export function commitFiles(repository: Repository, commit: string, signal?: AbortSignal): CommitFiles {
  const readTogether = batched((paths) => readBlobs(repository, commit, paths, signal));
  const cache = new Map<string, Promise<Buffer | undefined>>();
  return {
    read: (path) => {
      const inside = posix.normalize(posix.join(repository.prefix, path));
      if (inside === '..' || inside.startsWith('../') || posix.isAbsolute(path))
        return Promise.resolve(undefined);
      const found = cache.get(inside) ?? readTogether(inside);
      cache.set(inside, found);
      return found;
    },
    async list(directory) {
      const inside = posix.join(repository.prefix, directory);
      const args = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit, '--', `${inside}/`];
      const listed = await git(repository.topLevel, args, { env: repository.env, signal });
      const paths = listed.toString('utf8').split('\0');
      return paths.filter((path) => path !== '').map((path) => posix.relative(inside, path));
    },
  };
}

/** @returns asks for all that is wanted at one time in one go */
function batched<T>(
  work: (keys: readonly string[]) => Promise<T[]>,
): (key: string) => Promise<T | undefined> {
  let open: { keys: string[]; results: Promise<T[]> } | undefined;
  const start = async (keys: readonly string[]): Promise<T[]> => {
    await setImmediate();
    open = undefined;
    return work(keys);
  };
  return async (key) => {
    if (open === undefined) {
      const keys: string[] = [];
      open = { keys, results: start(keys) };
    }
    const at = open.keys.push(key) - 1;
    return (await open.results)[at];
  };
}

async function readBlobs(
  repository: Repository,
  commit: string,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<(Buffer | undefined)[]> {
  const options = { env: repository.env, signal };
  const plain = paths.filter((path) => !path.includes('\n'));
  const found = new Map<string, Buffer | undefined>();
  if (plain.length > 0) {
    const args = ['cat-file', '--batch', '--follow-symlinks'];
    const input = plain.map((path) => `${commit}:${path}\n`).join('');
    const answers = answersOf(await git(repository.topLevel, args, { ...options, input }));
    for (const path of plain) found.set(path, await contentOf(answers.shift()));
  }
  for (const path of paths) {
    if (found.has(path)) continue;
    const result = await runGit(repository.topLevel, ['cat-file', 'blob', `${commit}:${path}`], options);
    found.set(path, result.exitCode === 0 ? result.stdout : undefined);
  }
  return paths.map((path) => found.get(path));
}

interface Answer {
  words: string[];
  body: Buffer;
}

const NEWLINE = 0x0a;

/** Takes the answers of `git cat-file --batch --follow-symlinks` apart: a line, then the bytes that it announces. */
function answersOf(output: Buffer): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(NEWLINE, at);
    const line = output.toString('utf8', at, end);
    const words = line.split(' ');
    // Without a body: the name as it was asked for, which may have spaces in it, and what is wrong with it.
    const size = /(?: missing| ambiguous)$/.test(line) ? undefined : Number(words.at(-1));
    answers.push({ words, body: output.subarray(end + 1, end + 1 + (size ?? 0)) });
    at = end + 1 + (size === undefined ? 0 : size + 1);
  }
  return answers;
}

async function contentOf(answer: Answer | undefined): Promise<Buffer | undefined> {
  if (answer === undefined) return undefined;
  const { words, body } = answer;
  if (words.length === 3 && words[1] === 'blob' && words[2] !== 'missing') return body;
  if (words.length === 2 && words[0] === 'symlink') {
    // A link that leaves the repository: only an absolute one means the same in every work tree.
    const target = body.toString('utf8');
    if (posix.isAbsolute(target)) return readFile(target).catch(() => undefined);
  }
  return undefined;
}
