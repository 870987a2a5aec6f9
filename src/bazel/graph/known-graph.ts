import { posix } from 'node:path';
import { mainRepoSpelling } from '../labels.ts';
import { KIND } from '../hash/target-table.ts';
import type { TargetTable } from '../hash/target-table.ts';
import type { KnownGraph } from './classify-changes.ts';
import type { GraphIndex } from './graph-index.ts';

/** What the classification of changes needs to know, out of an index; looked up only when it is asked for. */
export function knownGraph({ facts, graph }: GraphIndex): KnownGraph {
  const { table } = graph;
  let loaders: Map<string, string[]> | undefined;
  const loadersByPath = (): Map<string, string[]> => (loaders ??= loadersOfTable(table));
  return {
    isPackage: (directory) => BUILD_FILES.some((name) => isSource(table, `//${directory}:${name}`)),
    loadersOf: (path) => loadersByPath().get(path),
    loadersBelow: (directory) => {
      const below = directory === '' ? '' : `${directory}/`;
      return [...loadersByPath()].flatMap(([path, packages]) => (path.startsWith(below) ? packages : []));
    },
    readPaths: new Set(facts.readPaths),
    sharedDirectories: facts.sharedDirectories,
    repositoryBzl: new Set(facts.repositoryBzl),
    hasErrors: false,
    configured: facts.configured,
  };
}

/** Bazel prints what a file named BUILD loads, but nothing for one named BUILD.bazel. */
export function loadersAreKnown({ labels, sourceLabels }: TargetTable): boolean {
  for (let row = 0; row < sourceLabels.length; row++)
    if (labels.bytes(sourceLabels.at(row)).subarray(-SILENT.length).equals(SILENT)) return false;
  return true;
}

const SILENT = Buffer.from(':BUILD.bazel');
const BUILD_FILES = ['BUILD', 'BUILD.bazel'];

function isSource(table: TargetTable, label: string): boolean {
  const bytes = Buffer.from(label, 'utf8');
  const id = table.labels.find(bytes, 0, bytes.length);
  return id !== -1 && table.kind(id) === KIND.source;
}

/** @returns packages (directories; labels with `@` for other repositories) by path of the .bzl files that they load */
function loadersOfTable(table: TargetTable): Map<string, string[]> {
  const { labels, sourceLabels } = table;
  const paths = new Map<number, string | undefined>();
  const loaders = new Map<string, Set<string>>();
  for (let row = 0; row < sourceLabels.length; row++) {
    const loaded = table.subincludesOf(row);
    if (loaded.length === 0) continue;
    const user = packageDirectory(labels.text(sourceLabels.at(row)));
    for (const label of loaded) {
      if (!paths.has(label)) paths.set(label, pathOf(labels.text(label)));
      const path = paths.get(label);
      if (path === undefined) continue;
      const known = loaders.get(path);
      if (known === undefined) loaders.set(path, new Set([user]));
      else known.add(user);
    }
  }
  return new Map([...loaders].map(([path, users]) => [path, [...users]]));
}

function packageDirectory(label: string): string {
  const spelled = mainRepoSpelling(label);
  const name = spelled.slice(0, spelled.lastIndexOf(':'));
  return name.startsWith('//') ? name.slice(2) : name;
}

/** @returns undefined for a file of another repository */
function pathOf(label: string): string | undefined {
  const spelled = mainRepoSpelling(label);
  if (!spelled.startsWith('//')) return undefined;
  const [directory = '', name = ''] = spelled.slice(2).split(':', 2);
  return posix.join(directory, name);
}
