import { posix } from 'node:path';
import { mainRepoSpelling } from '../labels.ts';
import { KIND } from '../hash/target-table.ts';
import type { TargetTable } from '../hash/target-table.ts';
import type { KnownGraph, PathChange } from './classify-changes.ts';
import type { GraphIndex } from './graph-index.ts';
import { loadersIn } from './known-loads.ts';
import { isBuildFile, isBzlFile } from './special-path.ts';

/** What the classification of changes needs to know, out of an index; looked up only when it is asked for. */
export function knownGraph({
  facts,
  graph: { table },
  loads,
}: Pick<GraphIndex, 'facts' | 'loads'> & { graph: { table: TargetTable } }): KnownGraph {
  let printed: Map<string, string[]> | undefined;
  let written: ReturnType<typeof loadersIn> | undefined;
  const printedLoaders = (): Map<string, string[]> => (printed ??= loadersOfTable(table));
  const writtenLoaders = (isOne: (path: string) => boolean): string[] =>
    (written ??= loadersIn(loads()))(isOne);
  return {
    isPackage: (directory) => BUILD_FILES.some((name) => isSource(table, `//${directory}:${name}`)),
    loadersOf: (path) => {
      const printedOnes = printedLoaders().get(path) ?? [];
      return [...new Set([...printedOnes, ...writtenLoaders((loaded) => loaded === path)])];
    },
    loadersBelow: (directory) => {
      const below = directory === '' ? '' : `${directory}/`;
      const isBelow = (path: string): boolean => path.startsWith(below);
      const users = [...printedLoaders()].flatMap(([path, packages]) => (isBelow(path) ? packages : []));
      return [...users, ...writtenLoaders(isBelow)];
    },
    readPaths: new Set(facts.readPaths),
    sharedDirectories: facts.sharedDirectories,
    repositoryBzl: new Set(facts.repositoryBzl),
    hasErrors: false,
    configured: facts.configured,
  };
}

/** @returns why `loadersOf` and `loadersBelow` may say too little of some changes; undefined when they do not */
export function whyLoadersUnknown(
  { facts }: Pick<GraphIndex, 'facts'>,
  changes: readonly PathChange[],
): string | undefined {
  if (facts.unknownLoaders === undefined) return undefined;
  const change = changes.find(({ path, status }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    // Where packages begin says which labels .bzl files have.
    return isBzlFile(name) || (isBuildFile(name) && status !== 'modified');
  });
  return change === undefined
    ? undefined
    : `${change.path}: it is not known which packages load which .bzl files: ${facts.unknownLoaders}`;
}

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
