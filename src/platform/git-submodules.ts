import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { lineOf, runGit } from './git.ts';
import type { Repository } from './git-repository.ts';

/**
 * Checks out the submodules of the commit that `worktree` is at. Their settings go by the command line, so that the
 * configuration of the user's repository stays as it is.
 * @throws DewarError SUBMODULE_FAILED, INTERRUPTED
 */
export async function updateSubmodules(
  repository: Repository,
  worktree: string,
  signal?: AbortSignal,
): Promise<void> {
  if (!(await hasSubmodules(worktree))) return;
  const settings = await submoduleSettings(repository, worktree, signal);
  const args = [
    ...['protocol.file.allow=always', ...settings].flatMap((setting) => ['-c', setting]),
    'submodule',
    'update',
    ...UPDATE_OPTIONS,
  ];
  const result = await runGit(worktree, args, { env: repository.env, signal });
  if (result.exitCode !== 0) throw submoduleFailed(worktree, result.stderr);
}

/** @returns whether the commit that a work tree is at may have submodules that git can check out */
export async function hasSubmodules(worktree: string): Promise<boolean> {
  const modules = await lstat(join(worktree, '.gitmodules')).catch(() => undefined);
  return modules?.isFile() === true;
}

const UPDATE_OPTIONS = ['--init', '--recursive', '--force', '--quiet'];

/** What `git submodule init` would write into the configuration that all work trees share. */
async function submoduleSettings(
  repository: Repository,
  worktree: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const options = { env: repository.env, signal };
  const args = ['config', '-z', '-f', '.gitmodules', '--get-regexp', String.raw`^submodule\..*\.url$`];
  const listed = await runGit(worktree, args, options);
  if (listed.exitCode !== 0) return [];
  const remote = await runGit(repository.topLevel, ['config', 'remote.origin.url'], options);
  const origin = remote.exitCode === 0 ? lineOf(remote.stdout) : repository.topLevel;
  const settings: string[] = [];
  for (const entry of listed.stdout.toString('utf8').split('\0')) {
    const split = entry.indexOf('\n');
    if (split === -1) continue;
    const section = entry.slice(0, split).slice(0, -'.url'.length);
    const url = resolveSubmoduleUrl(origin, entry.slice(split + 1));
    settings.push(`${section}.url=${url}`, `${section}.active=true`, `${section}.update=checkout`);
  }
  return settings;
}

/** Resolves the URL of a submodule as git does: `./` and `../` are relative to the URL of the repository itself. */
export function resolveSubmoduleUrl(origin: string, url: string): string {
  if (!/^\.\.?\//.test(url)) return url;
  let base = origin.replace(/\/+$/, '');
  let rest = url;
  let separator = '/';
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2);
    else if (rest.startsWith('../')) {
      rest = rest.slice(3);
      separator = base.includes('/') ? '/' : ':';
      base = base.slice(0, Math.max(0, base.lastIndexOf(separator)));
    } else return `${base}${separator}${rest}`;
  }
}

function submoduleFailed(worktree: string, stderr: string): DewarError {
  return new DewarError({
    code: 'SUBMODULE_FAILED',
    message: `the submodules of ${worktree} could not be checked out: ${stderr.trim()}`,
    mend: 'check that `git submodule update --init --recursive` works in a fresh clone, without asking for a password',
  });
}
