import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import type { BenchContext } from '../bench-context.ts';
import { generateProject } from '../generate/generate-project.ts';
import type { GeneratedProject } from '../generate/generate-project.ts';
import type { ProjectSpec } from '../generate/project-spec.ts';
import { takeDirectory } from '../generate/take-directory.ts';
import { stopServersBelow } from './stop-servers.ts';

/** A generated project with a store, a cache and Bazel servers of its own, apart from everything of the user. */
export interface Lab extends AsyncDisposable {
  directory: string;
  project: GeneratedProject;
  store: string;
  context: BenchContext;
  /** Options of record and consume beside the workspace, the store and Bazel. */
  snapshotOptions: readonly string[];
  /** A path in the lab; its parent directory exists. */
  path(name: string): string;
}

/**
 * @param keep absent or empty directory to use, which then stays; else a temporary one, which goes with the lab
 * @throws DewarError as `generateProject` does
 */
export async function openLab(spec: ProjectSpec, context: BenchContext, keep?: string): Promise<Lab> {
  if (keep !== undefined) await takeDirectory(keep);
  // Servers are found by the path on their command line, which Bazel writes without links.
  const directory = await realpath(keep ?? (await makeTempDirectory('lab')).path);
  const path = (name: string): string => join(directory, name);
  const close = async (): Promise<void> => {
    await stopServersBelow(directory);
    await removeTree(keep === undefined ? directory : path('tmp'));
  };
  try {
    const project = await generateProject(spec, path('project'), context);
    for (const name of ['answers', 'hashes', 'servers', 'tmp', 'worktrees'])
      await mkdir(path(name), { recursive: true });
    return {
      directory,
      project,
      store: path('store'),
      snapshotOptions: [],
      // A Ctrl-C reaches the programs under measurement too, and again from here: they may have no time to clean up.
      context: {
        ...context,
        env: { ...context.env, DEWAR_CACHE_DIR: path('cache'), TMPDIR: path('tmp') },
      },
      path,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
