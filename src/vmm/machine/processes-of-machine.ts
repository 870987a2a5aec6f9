import { processesWithOption } from '../../platform/processes-with-option.ts';
import type { MachinePaths } from './machine-paths.ts';

/**
 * Finds the VMM of a machine, whoever started it, by an option of its command line: QEMU's pidfile, the socket of the API, or where
 * Firecracker counts, which takes no socket by a long path.
 * @returns process ids; more than one only for a moment
 */
export function processesOfMachine({
  pid,
  api,
  metrics,
}: Pick<MachinePaths, 'pid' | 'api' | 'metrics'>): Promise<number[]> {
  return processesWithOption([
    ['-pidfile', pid],
    ['--api-socket', `path=${api}`],
    ['--metrics-path', metrics],
  ]);
}
