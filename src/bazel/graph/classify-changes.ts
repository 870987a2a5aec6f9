import { compareText } from '../../core/compare-text.ts';
import type { FullReason } from './full-reasons.ts';
import { isBuildFile, isBzlFile, specialPath } from './special-path.ts';

/** One path that differs between two commits. */
export interface PathChange {
  /** Relative to the workspace root, with `/`. */
  path: string;
  status: 'added' | 'deleted' | 'modified' | 'type-changed';
  /** Modes as git writes them: 100644, 100755, 120000 (link), 160000 (submodule). Undefined: no such path. */
  oldMode: string | undefined;
  newMode: string | undefined;
}

/** What is known of the graph at the base commit. Directories are relative to the workspace root, which is ''. */
export interface KnownGraph {
  /**
   * True for a directory that Bazel loaded as a package: one with a BUILD file that Bazel ignores, by .bazelignore or
   * --deleted_packages, is none.
   */
  isPackage(directory: string): boolean;
  /**
   * Packages that load a .bzl or .scl file, directly or not; labels with `@` for packages of other repositories.
   * Undefined: none does.
   */
  loadersOf(path: string): readonly string[] | undefined;
  /** The same for all .bzl and .scl files in a directory and below it. */
  loadersBelow(directory: string): readonly string[];
  /** What repository rules, module extensions, rc and module files read. */
  readPaths: ReadonlySet<string>;
  /** Prefixes: links, their targets, local repositories, submodules. */
  sharedDirectories: readonly string[];
  /** .bzl files that repository rules and module extensions are made of, and the prelude loads. */
  repositoryBzl: ReadonlySet<string>;
  hasErrors: boolean;
  /** Made by cquery. */
  configured: boolean;
  /** True with flags that make one package depend on the contents of another. */
  dependentPackages?: boolean | undefined;
}

export type Classification =
  /** Nothing but contents of plain files changed. */
  | { tier: 'graph'; contents: readonly PathChange[] }
  /**
   * `packages` must be loaded again, those among them that are no longer there must go; sorted. `contents` are all
   * changes: a file that came or went changes the digest of its label, which may have been one of a missing file.
   */
  | { tier: 'partial'; packages: readonly string[]; contents: readonly PathChange[] }
  /** `path` is the change that gave the reason, undefined when the graph itself did. */
  | { tier: 'full'; reason: FullReason; path: string | undefined };

/**
 * What must be asked of Bazel again after some paths changed, given the graph before. Whatever is not understood needs a
 * full query. Pure.
 */
export function classifyChanges(changes: readonly PathChange[], graph: KnownGraph): Classification {
  const unfit = unfitGraph(graph);
  if (unfit !== undefined) return { tier: 'full', reason: unfit, path: undefined };
  const seen = new Set<string>();
  for (const change of changes) {
    const reason = seen.has(change.path) ? 'unknown-change' : fullReason(change, graph);
    if (reason !== undefined) return { tier: 'full', reason, path: change.path };
    seen.add(change.path);
  }
  const packages = new Set<string>();
  const boundaries = changedBoundaries(changes);
  for (const change of changes) {
    const touched = touchedPackages(change, graph, boundaries);
    if (touched.some((name) => name.startsWith('@')))
      return { tier: 'full', reason: 'external-loader', path: change.path };
    for (const name of touched) packages.add(name);
  }
  if (packages.size === 0 && changes.every(({ status }) => status === 'modified'))
    return { tier: 'graph', contents: changes };
  return { tier: 'partial', packages: [...packages].toSorted(compareText), contents: changes };
}

function unfitGraph({ configured, hasErrors, dependentPackages }: KnownGraph): FullReason | undefined {
  if (configured) return 'configured';
  if (hasErrors) return 'base-errors';
  return dependentPackages === true ? 'flags' : undefined;
}

function fullReason(change: PathChange, graph: KnownGraph): FullReason | undefined {
  const { path, status } = change;
  const reason = specialPath(path) ?? modeReason(change);
  if (reason !== undefined) return reason;
  if (graph.readPaths.has(path)) return 'read-by-repository';
  if (graph.repositoryBzl.has(path)) return 'repository-bzl';
  if (graph.sharedDirectories.some((directory) => isIn(path, directory))) return 'shared-directory';
  if (!isBuildFile(nameOf(path))) return undefined;
  const directory = directoryOf(path);
  if (status === 'modified') return graph.isPackage(directory) ? undefined : 'unknown-package';
  if (directory === 'tools/build_rules') return 'prelude';
  // A label names a file only while no other package lies between.
  const used = [...graph.repositoryBzl, ...graph.readPaths];
  return used.some((file) => isIn(file, directory)) ? 'repository-package' : undefined;
}

/** A change of contents only, an added or a deleted plain file pass. */
function modeReason({ status, oldMode, newMode }: PathChange): FullReason | undefined {
  const modes = [oldMode, newMode];
  if (modes.includes('120000')) return 'symlink';
  if (modes.includes('160000')) return 'submodule';
  if (modes.some((mode) => mode !== undefined && mode !== '100644' && mode !== '100755'))
    return 'unknown-change';
  switch (status) {
    case 'added':
      return oldMode === undefined && newMode !== undefined ? undefined : 'unknown-change';
    case 'deleted':
      return oldMode !== undefined && newMode === undefined ? undefined : 'unknown-change';
    case 'modified':
      if (oldMode === undefined || newMode === undefined) return 'unknown-change';
      return oldMode === newMode ? undefined : 'mode-changed';
    case 'type-changed':
      return 'type-changed';
    default:
      return 'unknown-change';
  }
}

/** Directories in which a BUILD file came or went: packages perhaps only before, perhaps only after. */
function changedBoundaries(changes: readonly PathChange[]): ReadonlySet<string> {
  const directories = changes
    .filter(({ path, status }) => status !== 'modified' && isBuildFile(nameOf(path)))
    .map(({ path }) => directoryOf(path));
  return new Set(directories);
}

function touchedPackages(
  { path, status }: PathChange,
  graph: KnownGraph,
  boundaries: ReadonlySet<string>,
): readonly string[] {
  const name = nameOf(path);
  const directory = directoryOf(path);
  const loaders = isBzlFile(name) ? (graph.loadersOf(path) ?? []) : [];
  if (status === 'modified') return isBuildFile(name) ? [directory] : loaders;
  const owners = enclosing(directory, graph, boundaries);
  // Labels of .bzl files are valid in the package that holds them, which is another now.
  return isBuildFile(name) ? [...owners, ...graph.loadersBelow(directory)] : [...owners, ...loaders];
}

/**
 * The packages that hold the files of a directory before and after the change: the nearest upwards, and as long as that
 * one is new or perhaps gone, the next one too.
 */
function enclosing(directory: string, graph: KnownGraph, boundaries: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (let at = directory; ; at = directoryOf(at)) {
    if (boundaries.has(at)) found.push(at);
    else if (graph.isPackage(at)) return [...found, at];
    if (at === '') return found;
  }
}

function isIn(path: string, directory: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
