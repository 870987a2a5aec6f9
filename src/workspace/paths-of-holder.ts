import { basename } from 'node:path';
import type { SlotHolder } from '../network/slots.ts';
import { statePaths } from './state-paths.ts';
import type { StatePaths } from './state-paths.ts';

/** @returns where the state of a machine lies that has a slot */
export function pathsOfHolder({ workspace, state }: Pick<SlotHolder, 'workspace' | 'state'>): StatePaths {
  const first = statePaths(workspace);
  return state === first.directory ? first : statePaths(workspace, basename(state));
}
