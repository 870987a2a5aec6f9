import { join } from 'node:path';
import type { FileHost } from '../../platform/file-host.ts';

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
 * @param files of where it runs
 */
export function repositoryFiles(workspacePath: string, outputBase: string, files: FileHost): RepositoryFiles {
  const external = join(outputBase, 'external');
  let entries: Promise<ReadonlyMap<string, ReadonlySet<string>>> | undefined;
  const topEntries = (): Promise<ReadonlyMap<string, ReadonlySet<string>>> =>
    (entries ??= readTops(external, files));
  const found = new Map<string, Promise<readonly string[]>>();
  const find = async (path: string): Promise<readonly string[]> => {
    const [top = ''] = path.split('/');
    const likely = [...(await topEntries())].filter(([, names]) => names.has(top)).map(([name]) => name);
    const held = await Promise.all(likely.map((name) => files.isFile(join(external, name, path))));
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
      files.read(repository === '' ? join(workspacePath, path) : join(external, repository, path)),
  };
}

/** @returns what lies at the top of each repository: it spares most of the looking */
async function readTops(
  external: string,
  files: FileHost,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const namesIn = async (directory: string): Promise<string[]> =>
    ((await files.list(directory)) ?? []).map(({ name }) => name);
  const names = (await namesIn(external)).filter((name) => !name.startsWith('@'));
  const tops = await Promise.all(names.map((name) => namesIn(join(external, name))));
  return new Map(names.map((name, at) => [name, new Set(tops[at])]));
}
