import { access, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DewarError } from '../core/errors.ts';

/** Any of these files makes a directory the root of a Bazel workspace. */
export const WORKSPACE_MARKERS = ['MODULE.bazel', 'REPO.bazel', 'WORKSPACE.bazel', 'WORKSPACE'] as const;

/** @throws DewarError NOT_A_WORKSPACE, which names the root above when there is one */
export async function assertWorkspace(path: string): Promise<void> {
  if (await hasMarker(path)) return;
  const directory = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  throw notAWorkspace(path, directory ? await rootAbove(path) : undefined, directory);
}

export function notAWorkspace(path: string, rootAbove?: string, exists = true): DewarError {
  return new DewarError({
    code: 'NOT_A_WORKSPACE',
    message: exists
      ? `${path} is not the root of a Bazel workspace: it has no ${WORKSPACE_MARKERS.join(', ')}`
      : `${path} is not a directory`,
    mend:
      rootAbove === undefined
        ? 'give the root of the workspace with -w/--workspacePath (--workspace for record and consume)'
        : `give the root of the workspace: ${rootAbove}`,
  });
}

async function hasMarker(path: string): Promise<boolean> {
  for (const marker of WORKSPACE_MARKERS) {
    const found = await access(join(path, marker)).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

async function rootAbove(path: string): Promise<string | undefined> {
  for (let above = dirname(path); above !== dirname(above); above = dirname(above))
    if (await hasMarker(above)) return above;
  return undefined;
}
