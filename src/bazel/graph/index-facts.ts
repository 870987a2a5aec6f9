import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent } from '../../platform/read-if-present.ts';
import type { TargetTable } from '../hash/target-table.ts';
import { NO_LOADS } from './known-loads.ts';
import type { KnownLoads } from './known-loads.ts';
import { linkedPaths } from './linked-paths.ts';
import { namesOfMain } from './names-of-main.ts';
import { readRepositoryBzl } from './repository-bzl.ts';
import type { RepositoryBzl } from './repository-bzl.ts';
import { repositoryFiles } from './repository-files.ts';
import { readRepositoryInputs } from './repository-inputs.ts';
import { treeOddities } from './symlinks-of-tree.ts';
import { textLoaders } from './text-loaders.ts';
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
}

export interface IndexFacts extends Pick<
  GraphFacts,
  'readPaths' | 'sharedDirectories' | 'repositoryBzl' | 'unknownLoaders'
> {
  /** Of packages whose BUILD file is called BUILD.bazel. */
  loads: KnownLoads;
}

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
}: FactsInput): Promise<IndexFacts | string> {
  const read = (path: string): Promise<Buffer | undefined> => readIfPresent(join(workspacePath, path));
  const oddities = treeOddities(tree);
  for (const path of oddities.attributes)
    if (CONVERSION.test((await read(path))?.toString('utf8') ?? ''))
      return `${path} has git write other bytes than it keeps`;
  if (CONVERSION.test(attributes)) return 'info/attributes has git write other bytes than it keeps';
  const repositoryBzl = await readRepositoryBzl(read);
  if (!repositoryBzl.complete) return repositoryBzl.why ?? 'a module file was not understood';
  const inputs = await readRepositoryInputs({ workspacePath, outputBase, repositoryBzl });
  if (!inputs.complete) return inputs.why ?? 'what repository rules read is not known';
  const links = new Map<string, string>();
  for (const { path } of oddities.symlinks) links.set(path, await readlink(join(workspacePath, path)));
  return {
    readPaths: [...new Set([...inputs.readPaths, ...repositoryBzl.readPaths])],
    sharedDirectories: [
      ...new Set([
        ...inputs.sharedDirectories,
        ...linkedPaths(links, workspacePath).shared,
        ...oddities.gitlinks,
      ]),
    ],
    ...(await readLoaders(repositoryBzl, { workspacePath, outputBase, table })),
  };
}

async function readLoaders(
  { bzl, readPaths, mainNames: names }: RepositoryBzl,
  { workspacePath, outputBase, table }: Pick<FactsInput, 'workspacePath' | 'outputBase' | 'table'>,
): Promise<Pick<IndexFacts, 'loads' | 'repositoryBzl' | 'unknownLoaders'>> {
  const files = repositoryFiles(workspacePath, outputBase);
  const moduleFiles = readPaths.filter((path) => MODULE_FILE.test(path));
  const mainNames = new Set(names);
  const found = await textLoaders({
    files,
    mainNames,
    ...(await namesOfMain(files, moduleFiles, mainNames)),
    moduleFiles,
    buildFiles: silentBuildFiles(table),
  });
  if (typeof found === 'string') return { loads: NO_LOADS, repositoryBzl: bzl, unknownLoaders: found };
  return { loads: found.loads, repositoryBzl: [...new Set([...bzl, ...found.repositoryBzl])] };
}

const MODULE_FILE = /(?:^|[/.])MODULE\.bazel$|^WORKSPACE(?:\.bazel|\.bzlmod)?$/;

/** Bazel prints what a file named BUILD loads, but nothing for one named BUILD.bazel. */
function silentBuildFiles({ labels, sourceLabels }: TargetTable): string[] {
  const found: string[] = [];
  for (let row = 0; row < sourceLabels.length; row++) {
    const label = sourceLabels.at(row);
    if (labels.bytes(label).subarray(-SILENT.length).equals(SILENT)) found.push(labels.text(label));
  }
  return found;
}

const SILENT = Buffer.from(':BUILD.bazel');

/** Attributes that change bytes on the way to a work tree, under the settings that dewar runs git with. */
const CONVERSION = /\beol=crlf\b|\bcrlf\b|\bfilter=|\bident\b|\bworking-tree-encoding=|\[attr\]/;
