import { readdir } from 'node:fs/promises';
import { compareText } from '../core/compare-text.ts';
import { statePaths } from './state-paths.ts';
import type { StatePaths } from './state-paths.ts';

/**
 * @param workspace absolute directory of the config
 * @returns the machines that have a state there, running or not: the workspace's first one, then its forks
 */
export async function listMachines(
  workspace: string,
): Promise<{ fork: string | undefined; paths: StatePaths }[]> {
  const first = statePaths(workspace);
  const forks = (await readdir(first.forks).catch(() => [])).toSorted(compareText);
  return [
    { fork: undefined, paths: first },
    ...forks.map((fork) => ({ fork, paths: statePaths(workspace, fork) })),
  ];
}
