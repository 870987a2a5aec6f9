import { readdir } from 'node:fs/promises';
import { bytesOfPath } from './bytes-of-path.ts';
import type { IndexChange } from './change-of-index.ts';
import { cleanWorktree, isLargeWorktree } from './git-clean.ts';
import { runGit } from './git.ts';
import type { GitOptions } from './git.ts';
import { hasSubmodules } from './git-submodules.ts';
import type { CommandResult } from './run-command.ts';
import { saveStamps, stampDirectory, stampTree, takeStamps } from './tree-stamps.ts';
import type { KnownStamps, TreeStamps } from './tree-stamps.ts';

/** Deletes what does not belong into a work tree. */
export interface Tidier {
  /** After git has checked the commit out. */
  tidy(): Promise<CommandResult>;
  /** When the work tree is as it is to be. */
  remember(): Promise<void>;
}

export interface TidyOptions extends GitOptions {
  /** That is checked out. */
  commit: string;
  change: IndexChange;
  remembers: boolean;
}

/** Looking at all of the tree is cheaper than at more directories one by one. */
const MOST_DIRECTORIES = 50;

/**
 * Begins, before git checks a commit out. In a large work tree that was tidied before, only directories are looked at that have changed
 * since, by anybody, and those of paths in which the commit differs from the index: in all others is what was there, which belongs there
 * still (docs/decisions/022-directories-that-did-not-change.md).
 */
export async function openTidier(
  worktree: string,
  gitDir: string | undefined,
  { commit, change, remembers, ...options }: TidyOptions,
): Promise<Tidier> {
  const known = gitDir === undefined ? undefined : await takeStamps(worktree, gitDir, options);
  const { converts, directories } = change;
  let stamps: Parameters<typeof saveStamps>[1] | undefined;

  const tidyAll = async (): Promise<CommandResult> => {
    const isWorthIt = remembers && gitDir !== undefined && (await isLargeWorktree(gitDir));
    const all = isWorthIt ? await stampTree(worktree, '', options) : undefined;
    stamps = all && { all };
    return cleanWorktree(worktree, gitDir, options);
  };
  return {
    async tidy() {
      const changed = await known?.changed;
      if (known === undefined || changed === undefined || converts || directories === undefined)
        return tidyAll();
      const later = await lookInto(worktree, commit, [...changed, ...directories], known, options);
      if (later === undefined) return tidyAll();
      stamps = { later };
      return NOTHING;
    },
    async remember() {
      if (!remembers || stamps === undefined || gitDir === undefined || (await hasSubmodules(worktree)))
        return;
      await saveStamps(gitDir, stamps);
    },
  };
}

const NOTHING: CommandResult = { exitCode: 0, stdout: Buffer.alloc(0), stderr: '' };

/**
 * @param directories known ones, and some that came or went
 * @returns their stamps before they were looked into; undefined when something in them does not belong there, or directories came or went
 */
async function lookInto(
  worktree: string,
  commit: string,
  directories: readonly string[],
  known: KnownStamps,
  options: GitOptions,
): Promise<TreeStamps | undefined> {
  const unique = new Set(directories);
  if (unique.size > MOST_DIRECTORIES) return undefined;
  const stamps = new Map<string, string>();
  for (const path of unique) {
    const stamp = known.has(path) ? await stampDirectory(worktree, path) : undefined;
    if (stamp === undefined) return undefined;
    stamps.set(path, stamp);
  }
  if (stamps.size === 0) return stamps;
  const expected = await entriesOf(worktree, commit, [...unique], options);
  for (const path of unique) {
    const entries = await readdir(bytesOfPath(worktree, path), { encoding: 'buffer', withFileTypes: true });
    // A directory that has nothing is in no commit.
    if (entries.length === 0) return undefined;
    for (const entry of entries) {
      const name = entry.name.toString('latin1');
      const below = path === '' ? name : `${path}/${name}`;
      if (below === '.git') continue;
      if (expected?.get(below) !== (entry.isDirectory() ? 'tree' : 'blob')) return undefined;
      if (entry.isDirectory() && !known.has(below)) return undefined;
    }
  }
  return stamps;
}

/** @returns what a commit has in directories, by path: `tree`, `blob`, or `commit` for a submodule */
async function entriesOf(
  worktree: string,
  commit: string,
  directories: readonly string[],
  options: GitOptions,
): Promise<ReadonlyMap<string, string> | undefined> {
  const paths = directories.map((path) =>
    path === '' ? '' : `${Buffer.from(path, 'latin1').toString('utf8')}/`,
  );
  if (paths.some((path) => path.includes('\uFFFD'))) return undefined;
  const listings = await Promise.all([
    ...(paths.includes('') ? [runGit(worktree, ['ls-tree', '-z', commit], options)] : []),
    ...(paths.some((path) => path !== '')
      ? [runGit(worktree, ['ls-tree', '-z', commit, '--', ...paths.filter((path) => path !== '')], options)]
      : []),
  ]);
  if (listings.some(({ exitCode }) => exitCode !== 0)) return undefined;
  const records = listings.flatMap(({ stdout }) => stdout.toString('latin1').split('\0').slice(0, -1));
  return new Map(
    records.map((record) => {
      const tab = record.indexOf('\t');
      return [record.slice(tab + 1), record.slice(0, tab).split(' ')[1] ?? ''];
    }),
  );
}
