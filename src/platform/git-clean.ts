import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runGit } from './git.ts';
import type { GitOptions } from './git.ts';
import type { CommandResult } from './run-command.ts';

/**
 * Deletes all that a work tree has besides what its index names: untracked and ignored files, nested repositories, empty
 * directories. git looks at one file after the other; a large tree is divided among several runs of it.
 * @param gitDir of the work tree
 * @returns the first run that failed, else any
 * @throws DewarError as `runGit` does
 */
export async function cleanWorktree(
  path: string,
  gitDir: string | undefined,
  options: GitOptions,
): Promise<CommandResult> {
  const isLarge = gitDir !== undefined && (await isLargeWorktree(gitDir));
  const most = isLarge ? Math.min(MOST_RUNS, availableParallelism()) : 1;
  const parts = planClean(most === 1 ? [] : await readdir(path, { encoding: 'buffer' }), most);
  const runs = await Promise.allSettled(
    parts.map((names) =>
      runGit(path, ['--literal-pathspecs', 'clean', '-ffdx', '--quiet', '--', ...names], options),
    ),
  );
  const results = runs.map((run) => {
    if (run.status === 'rejected') throw run.reason;
    return run.value;
  });
  return results.find(({ exitCode }) => exitCode !== 0) ?? (results[0] as CommandResult);
}

/** About ten thousand files. */
const LARGE_INDEX = 1 << 20;
const MOST_RUNS = 4;
/** So that a command line holds them. */
const MOST_NAMES = 1000;

/**
 * Divides the entries at the top of a work tree: whatever is to be deleted is one of them or below one.
 * @returns pathspecs by run; none of a run is all of the tree
 */
export function planClean(entries: readonly Buffer[], most: number): string[][] {
  const names = entries.map((entry) => entry.toString('utf8')).filter((name) => name !== '.git');
  // What is no text cannot be named on a command line.
  const isText = entries.every((entry) => Buffer.from(entry.toString('utf8')).equals(entry));
  const count = Math.min(most, names.length);
  if (count <= 1 || names.length > MOST_NAMES || !isText) return [[]];
  const parts = Array.from({ length: count }, (): string[] => []);
  // Neighbours are often of one size.
  for (const [at, name] of names.toSorted().entries()) parts[at % count]?.push(name);
  return parts;
}

/** @returns whether it is worth while to be clever */
export async function isLargeWorktree(gitDir: string): Promise<boolean> {
  const index = await stat(join(gitDir, 'index')).catch(() => undefined);
  return index !== undefined && index.size >= LARGE_INDEX;
}
