import { git } from './git.ts';
import type { Repository } from './git-repository.ts';

/** One path that differs between two commits. */
export interface PathChange {
  /** Relative to the directory asked for, with `/`. */
  path: string;
  status: 'added' | 'deleted' | 'modified' | 'type-changed';
  /** Modes as git writes them: 100644, 100755, 120000 (link), 160000 (submodule). Undefined: no such path. */
  oldMode: string | undefined;
  newMode: string | undefined;
  /** Names of the contents' objects; undefined: no such path. */
  oldObject: string | undefined;
  object: string | undefined;
}

export interface CommitDiff {
  /** Below `repository.prefix`. */
  changes: PathChange[];
  /** True when paths outside of it differ too. */
  outside: boolean;
}

/** @returns what differs between the trees of two commits; renames are a deletion and an addition */
export async function diffCommits(
  repository: Repository,
  base: string,
  target: string,
  signal?: AbortSignal,
): Promise<CommitDiff> {
  const args = [
    'diff-tree',
    '-r',
    '-z',
    '--raw',
    '--no-renames',
    '--no-abbrev',
    '--ignore-submodules=none',
    base,
    target,
  ];
  const output = await git(repository.topLevel, args, { env: repository.env, signal });
  const fields = output.toString('utf8').split('\0');
  const below = repository.prefix === '' ? '' : `${repository.prefix}/`;
  const changes: PathChange[] = [];
  let outside = false;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const path = fields[at + 1] ?? '';
    if (path.startsWith(below)) changes.push(changeOf(fields[at] ?? '', path.slice(below.length)));
    else outside = true;
  }
  return { changes, outside };
}

const STATUS: Readonly<Record<string, PathChange['status']>> = { A: 'added', D: 'deleted', M: 'modified' };
const NO_MODE = '000000';

/** @param head `:oldmode newmode oldobject newobject status` of git-diff-tree(1) */
function changeOf(head: string, path: string): PathChange {
  const [oldMode = '', newMode = '', oldObject, object, status = ''] = head.slice(1).split(' ');
  const deleted = newMode === NO_MODE;
  return {
    path,
    // Anything that is not understood is no plain change.
    status: STATUS[status] ?? 'type-changed',
    oldMode: oldMode === NO_MODE ? undefined : oldMode,
    newMode: deleted ? undefined : newMode,
    oldObject: oldMode === NO_MODE ? undefined : oldObject,
    object: deleted ? undefined : object,
  };
}
