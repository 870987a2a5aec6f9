import { lstat, readdir } from 'node:fs/promises';
import type { IndexChange } from './change-of-index.ts';
import { cleanWorktree, isLargeWorktree } from './git-clean.ts';
import type { GitOptions } from './git.ts';
import { hasSubmodules } from './git-submodules.ts';
import type { CommandResult } from './run-command.ts';
import { parseStamps, saveStamps, stampDirectories, stampTree, takeStamps } from './tree-stamps.ts';
import type { TreeStamps } from './tree-stamps.ts';

/** Deletes what does not belong into a work tree. */
export interface Tidier {
  /** After git has checked the commit out. */
  tidy(): Promise<CommandResult>;
  /** When the work tree is as it is to be. */
  remember(): Promise<void>;
}

export interface TidyOptions extends GitOptions {
  change: IndexChange;
  remembers: boolean;
}

/** Looking at all of the tree is cheaper than at more directories one by one. */
const MOST_DIRECTORIES = 500;
const MOST_PATHS = 4_000;

/**
 * Begins, before git checks a commit out. In a large work tree that was tidied before, only directories are looked at that have changed
 * since, by anybody, and those of paths in which the commit differs from the index: in all others is what was there, which belongs there
 * still (docs/decisions/022-directories-that-did-not-change.md).
 */
export async function openTidier(
  worktree: string,
  gitDir: string | undefined,
  { change, remembers, ...options }: TidyOptions,
): Promise<Tidier> {
  const known = gitDir === undefined ? undefined : await takeStamps(worktree, gitDir, options);
  const { converts, directories } = change;
  let stamps: TreeStamps | 'as before' | undefined;

  const tidyAll = async (): Promise<CommandResult> => {
    const isWorthIt = remembers && gitDir !== undefined && (await isLargeWorktree(gitDir));
    stamps = isWorthIt ? await stampTree(worktree, '', options) : undefined;
    return cleanWorktree(worktree, gitDir, options);
  };
  return {
    async tidy() {
      const changed = await known?.changed;
      if (known === undefined || changed === undefined || converts || directories === undefined)
        return tidyAll();
      if (changed.length + directories.length === 0) {
        stamps = 'as before';
        return NOTHING;
      }
      const before = parseStamps(known.raw);
      const plan = await planTidying(worktree, [...changed, ...directories], before);
      if (plan === undefined) return tidyAll();
      stamps = await restamped(worktree, plan, before, options);
      if (plan.paths.length === 0) return NOTHING;
      const cleaned = await cleanWorktree(worktree, gitDir, options, plan.paths);
      // Directories above may be empty now.
      return cleaned.exitCode === 0 && cleaned.stdout.length === 0 ? cleaned : tidyAll();
    },
    async remember() {
      if (stamps === undefined || gitDir === undefined || (await hasSubmodules(worktree))) return;
      await saveStamps(gitDir, stamps);
    },
  };
}

const NOTHING: CommandResult = { exitCode: 0, stdout: Buffer.alloc(0), stderr: '' };

/** Paths have one character a byte, but for those of git's command line. */
interface TidyPlan {
  /** For git: what is in changed directories, but for directories that are known. */
  paths: string[];
  /** Known directories that are there. */
  changed: string[];
  /** Directories that were not known. */
  fresh: string[];
  /** Known directories that are gone. */
  gone: string[];
}

/** @returns undefined when it is best to look at all of the tree */
async function planTidying(
  worktree: string,
  directories: readonly string[],
  known: TreeStamps,
): Promise<TidyPlan | undefined> {
  const changed = new Set<string>();
  const gone = new Set<string>();
  for (const directory of directories) {
    let top = directory;
    // One that came has changed the one above it, and so has one that went.
    while (top !== '' && !(known.has(top) && (await isDirectory(worktree, top)))) {
      gone.add(top);
      top = parentOf(top);
    }
    changed.add(top);
    if (changed.size > MOST_DIRECTORIES) return undefined;
  }
  const paths: string[] = [];
  const fresh: string[] = [];
  for (const directory of changed) {
    const entries = await readdir(bytesOf(worktree, directory), { encoding: 'buffer', withFileTypes: true });
    for (const entry of entries) {
      const name = entry.name.toString('latin1');
      const path = directory === '' ? name : `${directory}/${name}`;
      if (path === '.git' || (entry.isDirectory() && known.has(path))) continue;
      if (entry.isDirectory()) fresh.push(path);
      paths.push(textOf(path));
    }
    // One that has nothing does not belong there.
    if (entries.length === 0 && directory !== '') paths.push(textOf(directory));
    if (paths.length > MOST_PATHS) return undefined;
  }
  if (paths.some((path) => path.includes('\uFFFD'))) return undefined;
  return { paths, changed: [...changed], fresh, gone: [...gone] };
}

/** @returns what is known of directories before what is new in them is deleted */
async function restamped(
  worktree: string,
  { changed, fresh, gone }: TidyPlan,
  before: TreeStamps,
  options: GitOptions,
): Promise<TreeStamps | undefined> {
  const stamps = new Map(before);
  for (const path of gone) stamps.delete(path);
  const some = await stampDirectories(worktree, changed, options);
  const below = await Promise.all(fresh.map((path) => stampTree(worktree, path, options)));
  for (const part of [some, ...below]) {
    if (part === undefined) return undefined;
    for (const [path, stamp] of part) stamps.set(path, stamp);
  }
  return stamps;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

async function isDirectory(worktree: string, path: string): Promise<boolean> {
  return (await lstat(bytesOf(worktree, path)).catch(() => undefined))?.isDirectory() === true;
}

function bytesOf(worktree: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${worktree}/`), Buffer.from(path, 'latin1')]);
}

/** Paths on a command line are text. */
function textOf(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
