import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { isAbsent } from './errno.ts';
import { changeOfIndex } from './change-of-index.ts';
import { cleanWorktree } from './git-clean.ts';
import { git, lineOf, runGit } from './git.ts';
import type { Repository } from './git-repository.ts';
import { updateSubmodules } from './git-submodules.ts';
import { removeTree } from './remove-tree.ts';
import type { CommandResult } from './run-command.ts';
import { openTidier } from './tidy-worktree.ts';

/** Makes an empty, detached work tree at `path`; nothing else of the repository changes. */
export async function addWorktree(
  repository: Repository,
  path: string,
  commit: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const args = ['worktree', 'add', '--force', '--detach', '--no-checkout', path, commit];
  await git(repository.topLevel, args, { env: repository.env, signal });
}

/** @returns true when `path` is a work tree of the repository that git can use */
export async function isWorktree(
  repository: Repository,
  path: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const gitDir = await gitDirOf(path);
  if (gitDir === undefined || dirname(dirname(gitDir)) !== repository.commonDir) return false;
  const result = await runGit(path, ['rev-parse', '--show-toplevel'], { env: repository.env, signal });
  return result.exitCode === 0 && lineOf(result.stdout) === path;
}

export interface CheckOutOptions {
  signal?: AbortSignal | undefined;
  /** Called when the first long run of git has begun. */
  onUnderWay?: (() => void) | undefined;
  /** Of a work tree that is used again: writes down what makes the next checkout cheaper. */
  remembers?: boolean | undefined;
}

/**
 * Makes the work tree hold exactly the files of a commit, with its submodules.
 * @throws DewarError CHECKOUT_FAILED, SUBMODULE_FAILED, INTERRUPTED
 */
export async function checkOut(
  repository: Repository,
  path: string,
  commit: string,
  { signal, onUnderWay, remembers = false }: CheckOutOptions = {},
): Promise<void> {
  const gitDir = await gitDirOf(path);
  // Left by a run that was killed: whoever calls this has the work tree to itself.
  if (gitDir !== undefined) await rm(join(gitDir, 'index.lock'), { force: true });
  const options = { env: repository.env, signal };
  const run = async (running: Promise<CommandResult>): Promise<void> => {
    onUnderWay?.();
    const result = await running;
    if (result.exitCode !== 0) throw checkoutFailed(path, commit, result.stderr);
  };
  const change = await changeOfIndex(path, commit, options);
  const tidier = await openTidier(path, gitDir, { ...options, commit, remembers, change });
  // git leaves a file whose content is the same as it is, although it would write other bytes now.
  if (change.converts) {
    await run(runGit(path, ['read-tree', '--empty'], options));
    await run(cleanWorktree(path, gitDir, options));
  }
  await run(runGit(path, ['checkout', '--force', '--detach', '--quiet', commit], options));
  await run(tidier.tidy());
  await updateSubmodules(repository, path, signal);
  await tidier.remember();
}

/**
 * Writes down what makes the next checkout of a work tree cheaper, which nobody has changed for a while.
 * @throws DewarError INTERRUPTED
 */
export async function rememberWorktree(
  repository: Repository,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const change = { converts: false, directories: undefined };
  const options = { env: repository.env, signal, commit: 'HEAD', remembers: true, change };
  const tidier = await openTidier(path, await gitDirOf(path), options);
  const { exitCode } = await tidier.tidy();
  if (exitCode === 0) await tidier.remember();
}

/** Deletes a work tree and what git knows of it. Works on half-made ones, and when git has forgotten it. */
export async function removeWorktree(
  commonDir: string,
  path: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await removeTree(path);
  // Fails when git knows no such work tree, which is what we want.
  await runGit(commonDir, ['worktree', 'remove', '--force', '--force', path], { env });
}

async function gitDirOf(worktree: string): Promise<string | undefined> {
  const text = await readFile(join(worktree, '.git'), 'utf8').catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
  const found = /^gitdir: ([^]*?)\n?$/.exec(text ?? '')?.[1];
  return found === undefined ? undefined : resolve(worktree, found);
}

function checkoutFailed(path: string, commit: string, stderr: string): DewarError {
  return new DewarError({
    code: 'CHECKOUT_FAILED',
    message: `git could not check out ${commit} in ${path}: ${stderr.trim()}`,
    mend: 'check that the commit is complete (git fsck, git fetch) and that the disk has room',
  });
}
