import { createHash } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { CONTENT_NAMES } from '../core/names.ts';
import { isAbsent } from '../platform/errno.ts';
import { tryAcquireLock } from '../platform/file-lock.ts';
import type { FileLock } from '../platform/file-lock.ts';
import { addWorktree, checkOut, isWorktree, removeWorktree } from '../platform/git-worktree.ts';
import type { Repository } from '../platform/git-repository.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import { removeTree } from '../platform/remove-tree.ts';

/** A work tree on this host, from which the contents of files are read while programs run in a machine. */
export interface ContentTree {
  /** The workspace in it; absolute. */
  path: string;
  /** Absolute. */
  top: string;
  /** A file that lives as long as the tree. */
  cache: string;
  /** An empty directory for this run. */
  scratch: string;
  checkOut(commit: string, signal: AbortSignal | undefined): Promise<void>;
  /** Leaves the tree to the next one who needs it. */
  release(): Promise<void>;
}

/**
 * Takes a tree that nobody uses, or makes one. A tree whose user died is as good as any: a checkout makes it exact.
 * @param cache dewar's cache directory
 */
export async function takeContentTree(cache: string, repository: Repository): Promise<ContentTree> {
  const key = createHash('sha256').update(`${repository.commonDir}\0${repository.prefix}`).digest('hex');
  const root = join(cache, CONTENT_NAMES.root, key.slice(0, 16));
  for (let number = 0; ; number++) {
    const directory = join(root, String(number));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const lock = await tryAcquireLock(join(directory, CONTENT_NAMES.lock));
    if (lock !== undefined) return await open(directory, lock, repository);
  }
}

/** Removes the trees that nobody uses and whose repository is gone. */
export async function sweepContentTrees(cache: string): Promise<void> {
  const root = join(cache, CONTENT_NAMES.root);
  for (const key of await list(root))
    for (const number of await list(join(root, key))) {
      const directory = join(root, key, number);
      const owner = (await readIfPresent(join(directory, CONTENT_NAMES.owner)))?.toString('utf8');
      const isThere = owner !== undefined && (await stat(owner).catch(() => undefined)) !== undefined;
      if (isThere) continue;
      const lock = await tryAcquireLock(join(directory, CONTENT_NAMES.lock));
      if (lock === undefined) continue;
      await removeTree(join(directory, CONTENT_NAMES.tree));
      await lock.release({ remove: true });
      await removeTree(directory);
    }
}

async function open(directory: string, lock: FileLock, repository: Repository): Promise<ContentTree> {
  const { commonDir, env } = repository;
  const path = join(directory, CONTENT_NAMES.tree);
  const scratch = join(directory, CONTENT_NAMES.scratch);
  try {
    await writeFileAtomic(join(directory, CONTENT_NAMES.owner), commonDir);
    await removeTree(scratch);
    await mkdir(scratch);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return {
    path: join(path, repository.prefix),
    top: path,
    cache: join(directory, CONTENT_NAMES.cache),
    scratch,
    async checkOut(commit, signal) {
      if (!(await isWorktree(repository, path, signal))) {
        await removeWorktree(commonDir, path, env);
        await addWorktree(repository, path, commit, signal);
      }
      await checkOut(repository, path, commit, { signal });
    },
    async release() {
      await removeTree(scratch);
      await lock.release();
    },
  };
}

async function list(path: string): Promise<string[]> {
  return readdir(path).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
}
