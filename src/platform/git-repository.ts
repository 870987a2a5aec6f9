import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { COMMIT_PATTERN } from '../core/names.ts';
import { gitEnvironment, gitFailed, lineOf, runGit } from './git.ts';
import type { GitOptions } from './git.ts';
import { runCommand } from './run-command.ts';

/** A work tree of git, and the directory in it that was asked for. */
export interface Repository {
  /** Absolute, links resolved. */
  topLevel: string;
  /** The directory asked for, inside the work tree, with `/`; empty for the top. */
  prefix: string;
  /** What all work trees of the repository share: absolute path of the `.git` directory. */
  commonDir: string;
  /** True when history was cut off: ancestry may be unknown. */
  shallow: boolean;
  /** The commit that is checked out; undefined before the first one. */
  head: string | undefined;
  env: Readonly<Record<string, string>>;
}

/**
 * @param path a directory inside a git work tree
 * @throws DewarError NOT_A_GIT_REPOSITORY
 */
export async function openRepository(path: string, options: GitOptions): Promise<Repository> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) throw notARepository(path, 'there is no such directory');
  const [top, common, shallow, head] = await askAll(path, options);
  const topLevel = await realpath(top);
  return {
    topLevel,
    prefix: relative(topLevel, await realpath(path))
      .split(sep)
      .join('/'),
    commonDir: await realpath(isAbsolute(common) ? common : resolve(path, common)),
    shallow: shallow === 'true',
    head,
    env: options.env,
  };
}

const QUESTIONS = ['--show-toplevel', '--git-common-dir', '--is-shallow-repository'] as const;

type Answers = [top: string, common: string, shallow: string, head: string | undefined];

async function askAll(path: string, options: GitOptions): Promise<Answers> {
  const ask = async (...args: string[]): Promise<string> => {
    const result = await runGit(path, ['rev-parse', ...args], options);
    const asked = args.length - (args.at(-1) === 'HEAD' ? 1 : 0);
    const answer = lineOf(result.stdout);
    // Before the first commit there is no HEAD; the answers before it are there all the same.
    if (result.exitCode !== 0 && answer.split('\n').length < asked)
      throw notARepository(path, result.stderr.trim());
    if (answer === '') throw notARepository(path, result.stderr.trim());
    return answer;
  };
  const answers = (await ask(...QUESTIONS, 'HEAD')).split('\n');
  const [top = '', common = '', shallow = '', head] = answers;
  if (answers.length <= QUESTIONS.length + 1 && /^(?:true|false)$/.test(shallow))
    return [top, common, shallow, head !== undefined && COMMIT_PATTERN.test(head) ? head : undefined];
  // A path with a line break in it.
  const [one, two, three] = await Promise.all(QUESTIONS.map((question) => ask(question)));
  return [one ?? '', two ?? '', three ?? '', undefined];
}

/**
 * @param revision anything that names a commit
 * @returns its full name
 * @throws DewarError UNKNOWN_REVISION
 */
export async function resolveCommit(
  repository: Repository,
  revision: string,
  signal?: AbortSignal,
): Promise<string> {
  if (repository.head !== undefined && (revision === 'HEAD' || revision === repository.head))
    return repository.head;
  // A name that looks like an option is none; git itself would see one.
  if (revision === '' || revision.startsWith('-')) throw unknownRevision(repository, revision);
  const args = ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`];
  const result = await runGit(repository.topLevel, args, { env: repository.env, signal });
  if (result.exitCode !== 0) throw unknownRevision(repository, revision);
  return lineOf(result.stdout);
}

/** @returns the first parent of a commit; undefined for one that has none, or whose parent was cut off */
export async function firstParent(
  repository: Repository,
  commit: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', `${commit}^1^{commit}`];
  const result = await runGit(repository.topLevel, args, { env: repository.env, signal });
  return result.exitCode === 0 ? lineOf(result.stdout) : undefined;
}

/** @returns true when tracked files below the directory asked for differ from HEAD, as the user's own settings see it */
export async function hasUncommittedChanges(repository: Repository, signal?: AbortSignal): Promise<boolean> {
  const path = repository.prefix === '' ? '.' : repository.prefix;
  const args = ['--literal-pathspecs', 'status', '--porcelain', '-z', '--untracked-files=no', '--', path];
  const options = { cwd: repository.topLevel, env: gitEnvironment(repository.env), signal };
  const result = await runCommand('git', ['-c', 'core.fsmonitor=false', ...args], options);
  if (result.exitCode !== 0) throw gitFailed(args, repository.topLevel, result);
  return result.stdout.length > 0;
}

function notARepository(path: string, why: string): DewarError {
  return new DewarError({
    code: 'NOT_A_GIT_REPOSITORY',
    message: `${path} is not inside a git work tree: ${why}`,
    mend: 'give a workspace that is checked out from git',
  });
}

function unknownRevision(repository: Repository, revision: string): DewarError {
  return new DewarError({
    code: 'UNKNOWN_REVISION',
    message: `${JSON.stringify(revision)} names no commit of ${repository.topLevel}`,
    mend: repository.shallow
      ? 'the clone is shallow: fetch the commit (git fetch origin <sha>), or all of them (git fetch --unshallow)'
      : 'check its spelling, or fetch it (git fetch origin)',
  });
}
