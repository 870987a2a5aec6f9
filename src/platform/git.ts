import { DewarError } from '../core/errors.ts';
import { runCommand } from './run-command.ts';
import type { CommandResult, RunOptions } from './run-command.ts';

export interface GitOptions extends RunOptions {
  /** The caller's environment; made safe by `gitEnvironment`. */
  env: Readonly<Record<string, string>>;
}

/**
 * Runs git with settings under which a commit always gives the same files, whoever runs it.
 * A non-zero exit is a result.
 * @throws DewarError as `runCommand` does
 */
export function runGit(cwd: string, args: readonly string[], options: GitOptions): Promise<CommandResult> {
  return runCommand('git', [...GIT_SETTINGS, ...args], { ...options, cwd, env: gitEnvironment(options.env) });
}

/**
 * `runGit` whose non-zero exit is an error.
 * @returns what it printed
 * @throws DewarError GIT_FAILED, and as `runCommand` does
 */
export async function git(cwd: string, args: readonly string[], options: GitOptions): Promise<Buffer> {
  const result = await runGit(cwd, args, options);
  if (result.exitCode !== 0) throw gitFailed(args, cwd, result);
  return result.stdout;
}

/** @returns the output's only line */
export function lineOf(output: Buffer): string {
  return output.toString('utf8').replace(/\n$/, '');
}

export function gitFailed(args: readonly string[], cwd: string, result: CommandResult): DewarError {
  return new DewarError({
    code: 'GIT_FAILED',
    message: `git ${args.join(' ')} (in ${cwd}) ended with ${result.exitCode}: ${result.stderr.trim()}`,
    mend: 'read what git says; running the same command by hand gives the same answer',
  });
}

/** What may differ from user to user must not change the files of a commit, and no hook or daemon may start. */
export const GIT_SETTINGS: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.autocrlf=false',
  'core.eol=lf',
  'core.symlinks=true',
  'core.fileMode=true',
  'core.attributesFile=/dev/null',
  'core.sparseCheckout=false',
  'core.quotePath=false',
  'checkout.guess=false',
  'advice.detachedHead=false',
].flatMap((setting) => ['-c', setting]);

/** Variables that point git at another repository, index or configuration, or that change the files of a commit. */
const DROPPED = new Set([
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_SHALLOW_FILE',
  'GIT_GRAFT_FILE',
  'GIT_REPLACE_REF_BASE',
  'GIT_CONFIG',
  'GIT_CONFIG_PARAMETERS',
  'GIT_ATTR_SOURCE',
  'GIT_LITERAL_PATHSPECS',
  'GIT_GLOB_PATHSPECS',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'GIT_LFS_SKIP_SMUDGE',
]);

/** @returns `env` without what a hook or a user's shell set for other runs of git; never asks for a password */
export function gitEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => !DROPPED.has(name));
  return {
    ...Object.fromEntries(kept),
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    LC_ALL: 'C',
  };
}
