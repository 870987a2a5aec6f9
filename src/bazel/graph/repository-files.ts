import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { isAbsent } from '../../platform/errno.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';

/** The files of all repositories of a build, by canonical name; '' is the main one. */
export interface RepositoryFiles {
  /** Names of the other repositories that have been fetched. */
  others(): Promise<readonly string[]>;
  /** Names of those of them that have a file. */
  holding(path: string): Promise<readonly string[]>;
  /** @returns undefined when there is no such file @throws DewarError UNREADABLE */
  read(repository: string, path: string): Promise<Buffer | undefined>;
}

/**
 * @param workspacePath a work tree in which Bazel has just made a graph
 * @param outputBase of that Bazel; links in it are followed
 */
export function repositoryFiles(workspacePath: string, outputBase: string): RepositoryFiles {
  const external = join(outputBase, 'external');
  let entries: Promise<ReadonlyMap<string, ReadonlySet<string>>> | undefined;
  const topEntries = (): Promise<ReadonlyMap<string, ReadonlySet<string>>> =>
    (entries ??= readTops(external));
  const found = new Map<string, Promise<readonly string[]>>();
  const find = async (path: string): Promise<readonly string[]> => {
    const [top = ''] = path.split('/');
    const likely = [...(await topEntries())].filter(([, names]) => names.has(top)).map(([name]) => name);
    const held = await Promise.all(likely.map((name) => isThere(join(external, name, path))));
    return likely.filter((_, at) => held[at]);
  };
  return {
    others: async () => [...(await topEntries()).keys()],
    holding(path) {
      const known = found.get(path) ?? find(path);
      found.set(path, known);
      return known;
    },
    read: (repository, path) =>
      readIfPresent(repository === '' ? join(workspacePath, path) : join(external, repository, path)),
  };
}

const DIRECTORIES_AT_ONCE = 64;

/** @returns what lies at the top of each repository: it spares most of the looking */
async function readTops(external: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const limit = pLimit(DIRECTORIES_AT_ONCE);
  const names = (await namesIn(external)).filter((name) => !name.startsWith('@'));
  const tops = await Promise.all(names.map((name) => limit(() => namesIn(join(external, name)))));
  return new Map(names.map((name, at) => [name, new Set(tops[at])]));
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
}

/** What cannot be looked at is there: who reads it hears why not. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    (error: unknown) => !isAbsent(error),
  );
}
