import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestRepository } from '../git-repository.ts';
import type { Entry, Tree } from './tree.ts';

/** Commits trees one after the other, each as a child of the last. */
export interface TreeCommits {
  /** @returns the SHA */
  commit(tree: Tree, message: string): Promise<string>;
}

export function treeCommits({ path, git }: TestRepository): TreeCommits {
  let last: ReadonlyMap<string, Entry> = new Map();
  return {
    async commit(tree, message) {
      await writeDifference(path, last, tree);
      last = new Map(tree);
      await git('add', '--all');
      const submodules = [...tree].flatMap(([at, entry]) =>
        'submodule' in entry ? [`160000,${entry.submodule},${at}`] : [],
      );
      for (const info of submodules) await git('update-index', '--add', '--cacheinfo', info);
      await git('commit', '--quiet', '--allow-empty', '-m', message);
      return (await readFile(join(path, '.git/refs/heads/main'), 'utf8')).trim();
    },
  };
}

async function writeDifference(
  directory: string,
  last: ReadonlyMap<string, Entry>,
  tree: Tree,
): Promise<void> {
  for (const [path, entry] of last)
    if (tree.get(path) !== entry) await rm(join(directory, path), { recursive: true, force: true });
  for (const [path, entry] of tree) {
    if (last.get(path) === entry || 'submodule' in entry) continue;
    const file = join(directory, path);
    // What is left of a directory whose files went.
    await rm(file, { recursive: true, force: true });
    await mkdir(dirname(file), { recursive: true });
    if ('link' in entry) await symlink(entry.link, file);
    else {
      await writeFile(file, entry.text);
      await chmod(file, entry.executable === true ? 0o755 : 0o644);
    }
  }
}
