import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { isAbsent } from './errno.ts';
import { cleanWorktree } from './git-clean.ts';
import { git, lineOf, runGit } from './git.ts';
import type { Repository } from './git-repository.ts';
import { updateSubmodules } from './git-submodules.ts';
import { removeTree } from './remove-tree.ts';
import type { CommandResult } from './run-command.ts';

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
}

/**
 * Makes the work tree hold exactly the files of a commit, with its submodules.
 * @throws DewarError CHECKOUT_FAILED, SUBMODULE_FAILED, INTERRUPTED
 */
export async function checkOut(
  repository: Repository,
  path: string,
  commit: string,
  { signal, onUnderWay }: CheckOutOptions = {},
): Promise<void> {
  const gitDir = await gitDirOf(path);
  // Left by a run that was killed: whoever calls this has the work tree to itself.
  if (gitDir !== undefined) await rm(join(gitDir, 'index.lock'), { force: true });
  const isConverted = await attributesDiffer(path, commit, repository, signal);
  const options = { env: repository.env, signal };
  const clean = (): Promise<CommandResult> => cleanWorktree(path, gitDir, options);
  for (const step of [
    // git leaves a file whose content is the same as it is, although it would write other bytes now.
    ...(isConverted ? [() => runGit(path, ['read-tree', '--empty'], options), clean] : []),
    () => runGit(path, ['checkout', '--force', '--detach', '--quiet', commit], options),
    clean,
  ]) {
    const running = step();
    onUnderWay?.();
    const result = await running;
    if (result.exitCode !== 0) throw checkoutFailed(path, commit, result.stderr);
  }
  await updateSubmodules(repository, path, signal);
}

/**
 * @returns whether files may have other attributes in a commit than in the index, which is what git goes by: of a run that
 *   was killed, the work tree may be at another commit than its HEAD says
 */
async function attributesDiffer(
  path: string,
  commit: string,
  { env }: Repository,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const args = ['diff-index', '--cached', '--name-only', '--no-renames', commit, '--', ATTRIBUTES];
  const result = await runGit(path, args, { env, signal });
  return result.exitCode !== 0 || result.stdout.length > 0;
}

const ATTRIBUTES = ':(glob)**/.gitattributes';

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
