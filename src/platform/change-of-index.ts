import { posix } from 'node:path';
import { runGit } from './git.ts';
import type { GitOptions } from './git.ts';

/** How a commit differs from the index of a work tree: of a run that was killed, that may be at another commit than HEAD says. */
export interface IndexChange {
  /** Files may have other attributes, which is what git goes by when it writes them. */
  converts: boolean;
  /** The directories of all paths that differ, one character a byte, '' being the top; undefined when submodules do, or git does not say. */
  directories: readonly string[] | undefined;
}

export async function changeOfIndex(
  worktree: string,
  commit: string,
  options: GitOptions,
): Promise<IndexChange> {
  const args = ['diff-index', '--cached', '--raw', '-z', '--no-renames', '--abbrev=4', commit, '--'];
  const result = await runGit(worktree, args, options);
  if (result.exitCode !== 0) return { converts: true, directories: undefined };
  const fields = result.stdout.toString('latin1').split('\0').slice(0, -1);
  const paths = fields.filter((_, at) => at % 2 === 1);
  const known = fields.every((field, at) => at % 2 === 1 || FILES.test(field));
  return {
    converts: paths.some((path) => ATTRIBUTES.test(path)),
    directories: known ? [...new Set(paths.map(directoryOf))] : undefined,
  };
}

/** Of files and links that came, went or are other ones; not of submodules, or of what is not merged. */
const FILES = /^:(?:000000|100644|100755|120000) (?:000000|100644|100755|120000) [0-9a-f]+ [0-9a-f]+ [AMDT]$/;
const ATTRIBUTES = /(?:^|\/)\.gitattributes$/;

function directoryOf(path: string): string {
  const directory = posix.dirname(path);
  return directory === '.' ? '' : directory;
}
