import { readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { isAbsent } from '../../platform/errno.ts';
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
 */
export async function externalLinks(external: string, workspace: WorkspaceNames): Promise<ExternalLinks> {
  const found: ExternalLinks = { linked: [], doubts: [] };
  const directories = [external];
  let seen = 0;
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
      if (!isAbsent(error)) found.doubts.push((error as Error).message);
      return [];
    });
    seen += entries.length;
    if (seen > MOST_ENTRIES) {
      found.doubts.push(`${external} has more than ${MOST_ENTRIES} entries`);
      break;
    }
    const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    for (const name of below) directories.push(join(directory, name));
    const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
    const inside = await linksInto(workspace, directory, links, external);
    found.linked.push(...inside.map((link) => link.inside));
    found.linked.push(...(await mirroredDirectories(inside, new Set(entries.map(({ name }) => name)))));
  }
  return found;
}

interface Link {
  name: string;
  target: string;
  /** Relative to the workspace. */
  inside: string;
}

/** @param names of links in `directory` */
async function linksInto(
  workspace: WorkspaceNames,
  directory: string,
  names: readonly string[],
  external: string,
): Promise<Link[]> {
  const found: Link[] = [];
  for (const name of names) {
    // Old Bazels link the main repository by its own name; a label with that name is one of the workspace.
    const target = resolve(directory, await readlink(join(directory, name)));
    const isMain =
      directory === external && workspace.repositories.has(name) && workspace.paths.includes(target);
    if (isMain || isElsewhereInOutput(target, external, workspace)) continue;
    for (const place of new Set([target, await realpath(target).catch(() => target)]))
      for (const path of workspace.paths) {
        const inside = placeIn(path, place);
        if (inside !== undefined) found.push({ name, target: place, inside });
      }
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
async function mirroredDirectories(links: readonly Link[], names: ReadonlySet<string>): Promise<string[]> {
  const parents = new Map<string, string>();
  for (const { name, target, inside } of links)
    if (inside !== '' && basename(target) === name)
      parents.set(dirname(target), inside.includes('/') ? dirname(inside) : '');
  const mirrored: string[] = [];
  for (const [parent, inside] of parents) {
    const entries = await readdir(parent).catch((): string[] => []);
    if (entries.length > 0 && entries.every((entry) => names.has(entry))) mirrored.push(inside);
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
