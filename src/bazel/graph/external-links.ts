import { basename, dirname, join, relative, resolve } from 'node:path';
import type { FileHost, ListedEntry } from '../../platform/file-host.ts';
import type { WorkspaceNames } from './recorded-inputs.ts';

export interface ExternalLinks {
  /** Places in the workspace (relative to it, '' is all of it) that a repository in the output base links to. */
  linked: string[];
  /** Why there may be more. */
  doubts: string[];
}

/** More entries than this are not looked through. */
const MOST_ENTRIES = 1_000_000;

/**
 * Looks through the repositories in an output base for links into a workspace: local_repository and overrides are one
 * link, new_local_repository links each entry of its directory, and repository rules make links anywhere.
 * @param external absolute path of `<output base>/external`
 * @param files of where Bazel runs
 */
export async function externalLinks(
  external: string,
  workspace: WorkspaceNames,
  files: FileHost,
): Promise<ExternalLinks> {
  const found: ExternalLinks = { linked: [], doubts: [] };
  let seen = 0;
  // Level by level: a machine is asked for many directories at one time.
  for (let level = [external]; level.length > 0;) {
    const lists = await Promise.all(level.map((directory) => listed(directory, files, found.doubts)));
    for (const { length } of lists) seen += length;
    if (seen > MOST_ENTRIES) {
      found.doubts.push(`${external} has more than ${MOST_ENTRIES} entries`);
      break;
    }
    const looks = level.map((directory, at) =>
      lookThrough({ directory, entries: lists[at] ?? [], external, workspace, files }),
    );
    for (const one of await Promise.all(looks)) {
      found.linked.push(...one.linked);
      found.doubts.push(...one.doubts);
    }
    level = level.flatMap((directory, at) =>
      namesOf(lists[at] ?? [], 'directory').map((name) => join(directory, name)),
    );
  }
  return found;
}

async function listed(directory: string, files: FileHost, doubts: string[]): Promise<readonly ListedEntry[]> {
  try {
    return (await files.list(directory)) ?? [];
  } catch (error) {
    doubts.push((error as Error).message);
    return [];
  }
}

interface Look {
  directory: string;
  entries: readonly ListedEntry[];
  external: string;
  workspace: WorkspaceNames;
  files: FileHost;
}

async function lookThrough(look: Look): Promise<ExternalLinks> {
  const { directory, entries, files } = look;
  const inside = await linksInto(look);
  const names = new Set(entries.map(({ name }) => name));
  const mirrored = await mirroredDirectories(inside, names, files);
  // What is below such a name, or where such a link leads, is not seen.
  const odd = entries.filter(({ name, kind }) => kind !== 'file' && name.includes(NO_TEXT));
  return {
    linked: [...inside.map((link) => link.inside), ...mirrored],
    doubts: odd.map(() => `${directory} has a name that is not UTF-8`),
  };
}

const NO_TEXT = '\ufffd';

function namesOf(entries: readonly ListedEntry[], kind: ListedEntry['kind']): string[] {
  return entries.filter((entry) => entry.kind === kind).map(({ name }) => name);
}

interface Link {
  name: string;
  target: string;
  /** Relative to the workspace. */
  inside: string;
}

async function linksInto(look: Look): Promise<Link[]> {
  const names = namesOf(look.entries, 'link');
  return (await Promise.all(names.map((name) => linkInto(name, look)))).flat();
}

async function linkInto(name: string, { directory, external, workspace, files }: Look): Promise<Link[]> {
  const found: Link[] = [];
  const target = resolve(directory, await files.readLink(join(directory, name)));
  // Old Bazels link the main repository by its own name; a label with that name is one of the workspace.
  const isMain =
    directory === external && workspace.repositories.has(name) && workspace.paths.includes(target);
  if (isMain || isElsewhereInOutput(target, external, workspace)) return [];
  for (const place of new Set([target, (await files.realPath(target)) ?? target]))
    for (const path of workspace.paths) {
      const inside = placeIn(path, place);
      if (inside !== undefined) found.push({ name, target: place, inside });
    }
  return found;
}

/** An output base may lie in the workspace, and what it has is no part of it: but for links to the main repository. */
function isElsewhereInOutput(target: string, external: string, { repositories }: WorkspaceNames): boolean {
  const outputBase = dirname(external);
  if (target === outputBase || !isBelow(target, outputBase)) return false;
  const [repository = ''] = relative(external, target).split('/');
  return !repositories.has(repository);
}

/**
 * new_local_repository of WORKSPACE records nothing of the directory that it lists: all its entries are linked by
 * their own names.
 */
async function mirroredDirectories(
  links: readonly Link[],
  names: ReadonlySet<string>,
  files: FileHost,
): Promise<string[]> {
  const parents = new Map<string, string>();
  for (const { name, target, inside } of links)
    if (inside !== '' && basename(target) === name)
      parents.set(dirname(target), inside.includes('/') ? dirname(inside) : '');
  const mirrored: string[] = [];
  for (const [parent, inside] of parents) {
    const entries = (await files.list(parent).catch(() => undefined)) ?? [];
    if (entries.length > 0 && entries.every(({ name }) => names.has(name))) mirrored.push(inside);
  }
  return mirrored;
}

/** @returns the place relative to the workspace; '' also for a place that holds the workspace */
function placeIn(workspace: string, target: string): string | undefined {
  if (isBelow(target, workspace)) return relative(workspace, target);
  return isBelow(workspace, target) ? '' : undefined;
}

/** @returns true also for the directory itself */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}
