import { join } from 'node:path';
import { WORKSPACE_NAMES } from '../core/names.ts';

/** Where the state of a machine of a workspace lies. Absolute. */
export interface StatePaths {
  /** Of the workspace: `.dewar` beside the config. */
  root: string;
  /** Of this machine: the same, or `.dewar/forks/<name>`. */
  directory: string;
  lock: string;
  journal: string;
  /** The root disk's own layer. */
  disk: string;
  /** The id of the image that it was begun on. */
  diskImage: string;
  /** The name of the driver whose format it has. */
  diskDriver: string;
  /** The key pair of the workspace. */
  ssh: string;
  logs: string;
  /** Of the workspace: has a directory for each machine but the first. */
  forks: string;
}

/** @param fork name of another machine than the workspace's first one */
export function statePaths(workspace: string, fork?: string): StatePaths {
  const root = join(workspace, WORKSPACE_NAMES.state);
  const directory = fork === undefined ? root : join(root, WORKSPACE_NAMES.forks, fork);
  return {
    root,
    directory,
    lock: join(directory, WORKSPACE_NAMES.lock),
    journal: join(directory, WORKSPACE_NAMES.journal),
    disk: join(directory, WORKSPACE_NAMES.disk),
    diskImage: join(directory, WORKSPACE_NAMES.diskImage),
    diskDriver: join(directory, WORKSPACE_NAMES.diskDriver),
    ssh: join(root, WORKSPACE_NAMES.ssh),
    logs: join(directory, WORKSPACE_NAMES.logs),
    forks: join(root, WORKSPACE_NAMES.forks),
  };
}
