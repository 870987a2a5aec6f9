import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestRepository } from './git-repository.ts';

/** All that a user sees of a repository of his, which commands must leave as it is. */
export async function userState(repository: TestRepository): Promise<unknown> {
  const read = (path: string): Promise<string> => readFile(join(repository.path, path), 'base64');
  return {
    head: await read('.git/HEAD'),
    index: await read('.git/index'),
    config: await read('.git/config'),
    refs: await repository.git('for-each-ref'),
    status: await repository.git('status', '--porcelain=v1', '-z'),
    text: await read('a/in.txt'),
    entries: await readdir(repository.path),
  };
}
