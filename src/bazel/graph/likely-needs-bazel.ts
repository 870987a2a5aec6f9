import type { PathChange } from './classify-changes.ts';
import { isBuildFile, isBzlFile, specialPath } from './special-path.ts';

/** @returns what `classifyChanges` most likely says, by the names of the paths alone: false for the graph tier */
export function likelyNeedsBazel(changes: readonly PathChange[]): boolean {
  return changes.some(({ path, status }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return status !== 'modified' || isBuildFile(name) || isBzlFile(name) || specialPath(path) !== undefined;
  });
}
