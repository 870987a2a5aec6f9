import { processesWithArgument } from '../../platform/processes-with-argument.ts';
import type { MachinePaths } from './machine-paths.ts';

/**
 * Finds the VMM of a machine, whoever started it, by a word of its command line: QEMU's pidfile, or the socket of the API.
 * @returns process ids; more than one only for a moment
 */
export function processesOfMachine({ pid, api }: Pick<MachinePaths, 'pid' | 'api'>): Promise<number[]> {
  return processesWithArgument([pid, api, `path=${api}`]);
}
