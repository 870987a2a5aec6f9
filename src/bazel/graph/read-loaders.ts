import { thisHostFiles } from '../../platform/file-host.ts';
import type { FileHost } from '../../platform/file-host.ts';
import { KIND } from '../hash/target-table.ts';
import type { TargetTable } from '../hash/target-table.ts';
import type { GraphFacts } from './graph-index.ts';
import { NO_LOADS } from './known-loads.ts';
import type { KnownLoads } from './known-loads.ts';
import { mainFile } from './main-label.ts';
import { namesOfMain } from './names-of-main.ts';
import type { RepositoryBzl } from './repository-bzl.ts';
import { repositoryFiles } from './repository-files.ts';
import type { RepositoryFiles } from './repository-files.ts';
import { textLoaders } from './text-loaders.ts';

export interface LoadersInput {
  /** A work tree in which Bazel has just made the graph. */
  workspacePath: string;
  outputBase: string;
  /** The targets of that graph. */
  table: TargetTable;
  repositoryBzl: Pick<RepositoryBzl, 'bzl' | 'readPaths' | 'mainNames'>;
  /** Of where that Bazel runs; this host when absent. */
  files?: FileHost;
}

export interface Loaders extends Pick<GraphFacts, 'repositoryBzl' | 'unknownLoaders'> {
  /** Of packages whose BUILD file is called BUILD.bazel. */
  loads: KnownLoads;
}

/**
 * Finds out which packages load which .bzl files, as far as Bazel does not print it, and which of these files repository
 * rules are made of by way of other repositories.
 * @throws DewarError UNREADABLE
 */
export async function readLoaders({
  workspacePath,
  outputBase,
  table,
  repositoryBzl: { bzl, readPaths, mainNames: names },
  files: host = thisHostFiles,
}: LoadersInput): Promise<Loaders> {
  const files = repositoryFiles(workspacePath, outputBase, host);
  const moduleFiles = readPaths.filter((path) => MODULE_FILE.test(path));
  const mainNames = new Set(names);
  const found = await textLoaders({
    files,
    mainNames,
    ...(await namesOfMain(files, moduleFiles, mainNames)),
    moduleFiles,
    buildFiles: await silentBuildFiles(table, files),
  });
  if (typeof found === 'string') return { loads: NO_LOADS, repositoryBzl: bzl, unknownLoaders: found };
  return { loads: found.loads, repositoryBzl: [...new Set([...bzl, ...found.repositoryBzl])] };
}

const MODULE_FILE = /(?:^|[/.])MODULE\.bazel$|^WORKSPACE(?:\.bazel|\.bzlmod)?$/;

/** Bazel prints what a file named BUILD loads, but nothing for one named BUILD.bazel. */
async function silentBuildFiles(table: TargetTable, files: RepositoryFiles): Promise<string[]> {
  const { labels, sourceLabels } = table;
  const found: string[] = [];
  for (let row = 0; row < sourceLabels.length; row++) {
    const label = sourceLabels.at(row);
    if (!labels.bytes(label).subarray(-SILENT.length).equals(SILENT)) continue;
    const text = labels.text(label);
    if (!(await isMereName(text, table, files))) found.push(text);
  }
  return found;
}

const SILENT = Buffer.from(':BUILD.bazel');

/** A rule may name a BUILD.bazel that is not there: then there is a BUILD. */
async function isMereName(label: string, table: TargetTable, files: RepositoryFiles): Promise<boolean> {
  const other = Buffer.from(label.slice(0, -'.bazel'.length));
  const id = table.labels.find(other, 0, other.length);
  if (id === -1 || table.kind(id) !== KIND.source) return false;
  const file = mainFile(label, '', new Set());
  return file !== undefined && (await files.read('', file.path)) === undefined;
}
