import { posix } from 'node:path';
import { compareText } from '../../core/compare-text.ts';

export interface LinkedPaths {
  /**
   * The links and what they lead to inside the workspace ('' is the workspace itself), sorted: a change below any of
   * them may change what is seen under another name.
   */
  shared: string[];
  /** Links that leave the workspace, or that lead nowhere. */
  outside: string[];
}

/**
 * @param links path of each symbolic link of a commit (relative to the workspace) -> what it points to, as stored
 * @param workspacePath what absolute links into the workspace start with
 */
export function linkedPaths(links: ReadonlyMap<string, string>, workspacePath?: string): LinkedPaths {
  const shared = new Set<string>();
  const outside: string[] = [];
  for (const [path, target] of links) {
    shared.add(path);
    // As written, and where it leads when it passes through other links.
    const written = inWorkspace(posix.dirname(path), target, workspacePath);
    const real = realTarget(path, links, workspacePath);
    for (const inside of [written, real]) if (inside !== undefined) shared.add(inside);
    if (real === undefined) outside.push(path);
  }
  return { shared: [...shared].toSorted(compareText), outside: outside.toSorted(compareText) };
}

/** As Linux has it: path_resolution(7). */
const MOST_LINKS = 40;

/** @returns where a link leads to in the end; undefined: outside, or round in a circle */
function realTarget(
  path: string,
  links: ReadonlyMap<string, string>,
  workspacePath: string | undefined,
): string | undefined {
  let rest = path.split('/');
  let at: string[] = [];
  let followed = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return undefined;
      continue;
    }
    const target = links.get([...at, part].join('/'));
    if (target === undefined) {
      at.push(part);
      continue;
    }
    if (++followed > MOST_LINKS) return undefined;
    const absolute = posix.isAbsolute(target);
    const inside = absolute ? inWorkspace('', target, workspacePath) : target;
    if (inside === undefined) return undefined;
    if (absolute) at = [];
    rest = [...inside.split('/'), ...rest];
  }
  return at.join('/');
}

/** @returns the path relative to the workspace, undefined when it is outside */
function inWorkspace(
  directory: string,
  target: string,
  workspacePath: string | undefined,
): string | undefined {
  if (workspacePath === undefined && posix.isAbsolute(target)) return undefined;
  const root = workspacePath ?? '/';
  // Without the path of the workspace, what leads above it stays above it.
  if (workspacePath === undefined && leavesRoot(posix.join(directory, target))) return undefined;
  const inside = posix.relative(root, posix.resolve(root, directory, target));
  return leavesRoot(inside) ? undefined : inside;
}

function leavesRoot(path: string): boolean {
  return path === '..' || path.startsWith('../');
}
