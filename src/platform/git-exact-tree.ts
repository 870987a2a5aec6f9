import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { GIT_SETTINGS, gitEnvironment, gitFailed } from './git.ts';
import type { Repository } from './git-repository.ts';
import { runCommand } from './run-command.ts';
import { makeTempDirectory } from './temp-dir.ts';

/**
 * Finds what a work tree has besides the commit that is checked out, lacks of it, or has in another form: changes, files
 * that git does not know or ignores, line ends that the user's settings converted. Reads every file, and trusts no index.
 * `bazel-*` links at the top of the directory asked for do not count.
 * @returns paths below the directory asked for, as `git status` prints them: two letters, a space, the path
 */
export async function inexactPaths(repository: Repository, signal?: AbortSignal): Promise<string[]> {
  await using scratch = await makeTempDirectory('index');
  // Of a new index, git knows of no file that it is unchanged.
  const env = { ...gitEnvironment(repository.env), GIT_INDEX_FILE: join(scratch.path, 'index') };
  const run = async (...args: string[]): Promise<string> => {
    const options = { cwd: repository.topLevel, env, signal };
    const result = await runCommand('git', [...GIT_SETTINGS, ...args], options);
    if (result.exitCode !== 0) throw gitFailed(args, repository.topLevel, result);
    return result.stdout.toString('utf8');
  };
  await run('read-tree', 'HEAD');
  const path = repository.prefix === '' ? '.' : repository.prefix;
  const status = [
    'status',
    '--porcelain',
    '-z',
    '--no-renames',
    '--untracked-files=all',
    '--ignored=matching',
  ];
  const output = await run('--literal-pathspecs', ...status, '--', path);
  const found: string[] = [];
  for (const line of output.split('\0'))
    if (line !== '' && !(await isConvenienceLink(repository, line.slice(3)))) found.push(line);
  return found;
}

/** Bazel makes these, and looks at none. */
async function isConvenienceLink({ topLevel, prefix }: Repository, path: string): Promise<boolean> {
  const name = prefix === '' ? path : path.slice(prefix.length + 1);
  if (!/^bazel-[^/]+$/.test(name)) return false;
  return (await lstat(join(topLevel, path))).isSymbolicLink();
}
