import { git, runGit } from './git.ts';
import type { Repository } from './git-repository.ts';

export interface NearestAncestor {
  nearest: string | undefined;
  /** True when a candidate may be an ancestor that a shallow clone cannot show. */
  unknown: boolean;
}

/**
 * Finds the ancestor of `target` (or `target` itself) among `candidates` with the fewest commits between them
 * (`git rev-list --count candidate..target`); ties go to the smaller name. Takes one run of git for one candidate;
 * three for more, and one for each of those that no other one descends from if these are several.
 */
export async function nearestAncestor(
  repository: Repository,
  target: string,
  candidates: readonly string[],
  signal?: AbortSignal,
): Promise<NearestAncestor> {
  const run = async (args: readonly string[], lines: readonly string[]): Promise<string[]> => {
    const input = lines.map((line) => `${line}\n`).join('');
    const output = await git(repository.topLevel, args, { env: withoutFetching(repository), signal, input });
    return output
      .toString('latin1')
      .split('\n')
      .filter((line) => line !== '');
  };
  if (candidates.includes(target)) return { nearest: target, unknown: false };
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) {
    const args = ['merge-base', '--is-ancestor', only, target];
    // Anything but 0: it is none, or no commit of this repository.
    const { exitCode } = await runGit(repository.topLevel, args, {
      env: withoutFetching(repository),
      signal,
    });
    return exitCode === 0
      ? { nearest: only, unknown: false }
      : { nearest: undefined, unknown: repository.shallow };
  }
  const known = await commitsAmong(candidates, run);
  const unrelated = new Set(
    known.length === 0 ? [] : await run(['rev-list', '--stdin'], [...known, `^${target}`]),
  );
  const ancestors = known.filter((commit) => !unrelated.has(commit));
  if (ancestors.length === 0)
    return { nearest: undefined, unknown: repository.shallow && candidates.length > 0 };

  const border = await youngest(target, ancestors, run);
  if (border.length === 1) return { nearest: border[0], unknown: false };
  const distances = new Map<string, number>();
  for (const commit of border)
    distances.set(commit, Number((await run(['rev-list', '--count', '--stdin'], [target, `^${commit}`]))[0]));
  return { nearest: smallest(distances), unknown: false };
}

/** A clone that fetches objects on demand must not ask its server for the commits of other repositories. */
function withoutFetching({ env }: Repository): Record<string, string> {
  return { ...env, GIT_NO_LAZY_FETCH: '1' };
}

type Run = (args: readonly string[], lines: readonly string[]) => Promise<string[]>;

async function commitsAmong(candidates: readonly string[], run: Run): Promise<string[]> {
  if (candidates.length === 0) return [];
  const format = '--batch-check=%(objectname) %(objecttype)';
  const lines = await run(['cat-file', format], [...new Set(candidates)]);
  return lines.filter((line) => line.endsWith(' commit')).map((line) => line.slice(0, line.indexOf(' ')));
}

/** @returns the ancestors that border on what only `target` has: those that no other one descends from, at least */
async function youngest(target: string, ancestors: readonly string[], run: Run): Promise<string[]> {
  const lines = await run(
    ['rev-list', '--boundary', '--stdin'],
    [target, ...ancestors.map((commit) => `^${commit}`)],
  );
  const border = new Set(lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1)));
  return ancestors.filter((commit) => border.has(commit));
}

function smallest(distances: ReadonlyMap<string, number>): string | undefined {
  const [first] = [...distances].toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return first?.[0];
}
