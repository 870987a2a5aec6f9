import { git } from './git.ts';
import type { Repository } from './git-repository.ts';

export interface NearestAncestor {
  nearest: { commit: string; distance: number } | undefined;
  /** True when a candidate may be an ancestor that a shallow clone cannot show. */
  unknown: boolean;
}

/**
 * Finds the ancestor of `target` (or `target` itself) among `candidates` with the fewest commits between them
 * (`git rev-list --count candidate..target`); ties go to the smaller name. Takes three runs of git, and one for
 * each candidate that no other one descends from.
 */
export async function nearestAncestor(
  repository: Repository,
  target: string,
  candidates: readonly string[],
  signal?: AbortSignal,
): Promise<NearestAncestor> {
  const run = async (args: readonly string[], lines: readonly string[]): Promise<string[]> => {
    const input = lines.map((line) => `${line}\n`).join('');
    // A clone that fetches objects on demand must not ask its server for the commits of other repositories.
    const env = { ...repository.env, GIT_NO_LAZY_FETCH: '1' };
    const output = await git(repository.topLevel, args, { env, signal, input });
    return output
      .toString('latin1')
      .split('\n')
      .filter((line) => line !== '');
  };
  const known = await commitsAmong(candidates, run);
  const unrelated = new Set(
    known.length === 0 ? [] : await run(['rev-list', '--stdin'], [...known, `^${target}`]),
  );
  const ancestors = known.filter((commit) => !unrelated.has(commit));
  if (ancestors.length === 0)
    return { nearest: undefined, unknown: repository.shallow && candidates.length > 0 };

  const distances = new Map<string, number>();
  if (ancestors.includes(target)) distances.set(target, 0);
  else
    for (const commit of await youngest(target, ancestors, run))
      distances.set(
        commit,
        Number((await run(['rev-list', '--count', '--stdin'], [target, `^${commit}`]))[0]),
      );
  return { nearest: smallest(distances), unknown: false };
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

function smallest(distances: ReadonlyMap<string, number>): NearestAncestor['nearest'] {
  const [first] = [...distances].toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return first === undefined ? undefined : { commit: first[0], distance: first[1] };
}
