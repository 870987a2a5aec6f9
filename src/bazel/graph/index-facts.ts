import { join } from 'node:path';
import { thisHostFiles } from '../../platform/file-host.ts';
import type { FileHost } from '../../platform/file-host.ts';
import type { TargetTable } from '../hash/target-table.ts';
import { linkedPaths } from './linked-paths.ts';
import { readLoaders } from './read-loaders.ts';
import type { Loaders } from './read-loaders.ts';
import { readRepositoryBzl } from './repository-bzl.ts';
import { readRepositoryInputs } from './repository-inputs.ts';
import { treeOddities } from './symlinks-of-tree.ts';
import type { GraphFacts } from './graph-index.ts';

export interface FactsInput {
  /** A work tree that is exactly the commit, in which Bazel has just made the graph. */
  workspacePath: string;
  outputBase: string;
  /** Output of `git ls-tree -r -z` of the workspace at that commit. */
  tree: Buffer;
  /** Attributes that hold for all commits. */
  attributes: string;
  /** The targets of that graph. */
  table: TargetTable;
  /** Of where that Bazel runs; this host when absent. */
  files?: FileHost | undefined;
}

export type IndexFacts = Pick<GraphFacts, 'readPaths' | 'sharedDirectories'> & Loaders;

/**
 * Finds out which paths mean more to the graph than their content.
 * @returns why that cannot be known, where it cannot
 * @throws DewarError UNREADABLE
 */
export async function readIndexFacts({
  workspacePath,
  outputBase,
  tree,
  attributes,
  table,
  files = thisHostFiles,
}: FactsInput): Promise<IndexFacts | string> {
  const read = (path: string): Promise<Buffer | undefined> => files.read(join(workspacePath, path));
  const oddities = treeOddities(tree);
  for (const path of oddities.attributes)
    if (CONVERSION.test((await read(path))?.toString('utf8') ?? ''))
      return `${path} has git write other bytes than it keeps`;
  if (CONVERSION.test(attributes)) return 'info/attributes has git write other bytes than it keeps';
  const repositoryBzl = await readRepositoryBzl(read);
  if (!repositoryBzl.complete) return repositoryBzl.why ?? 'a module file was not understood';
  const inputs = await readRepositoryInputs({ workspacePath, outputBase, repositoryBzl, files });
  if (!inputs.complete) return inputs.why ?? 'what repository rules read is not known';
  const targets = oddities.symlinks.map(
    async ({ path }) => [path, await files.readLink(join(workspacePath, path))] as const,
  );
  const links = new Map(await Promise.all(targets));
  return {
    readPaths: [...new Set([...inputs.readPaths, ...repositoryBzl.readPaths])],
    sharedDirectories: [
      ...new Set([
        ...inputs.sharedDirectories,
        ...linkedPaths(links, workspacePath).shared,
        ...oddities.gitlinks,
      ]),
    ],
    ...(await readLoaders({ workspacePath, outputBase, table, repositoryBzl, files })),
  };
}

/** Attributes that change bytes on the way to a work tree, under the settings that dewar runs git with. */
const CONVERSION = /\beol=crlf\b|\bcrlf\b|\bfilter=|\bident\b|\bworking-tree-encoding=|\[attr\]/;
