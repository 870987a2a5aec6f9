import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** A real git repository in a temporary directory. */
export interface TestRepository extends AsyncDisposable {
  path: string;
  git: (...args: string[]) => Promise<string>;
  /** Writes files (`undefined` deletes one) and commits all that changed. @returns the commit's SHA */
  commit(files: Readonly<Record<string, string | undefined>>, message?: string): Promise<string>;
}

/** The settings of whoever runs the tests do not count. */
export const GIT_TEST_ENV: Record<string, string> = {
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '/',
  // Without a UTF-8 locale some builds of Bazel crash on file names that are not ASCII.
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};

export async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function testRepository(name = 'repository'): Promise<TestRepository> {
  const directory = await temporaryDirectory();
  const path = join(directory.path, name);
  const git = async (...args: string[]): Promise<string> =>
    (await execa('git', args, { cwd: path, env: GIT_TEST_ENV, extendEnv: false })).stdout;
  await mkdir(path);
  await git('init', '--quiet', '--initial-branch=main');
  // Long tests make many objects: packed away in the background, a branch is in no file of its own any more.
  await git('config', 'gc.auto', '0');
  let clock = 1_700_000_000;
  return {
    path,
    git,
    async commit(files, message = 'commit') {
      for (const [file, content] of Object.entries(files))
        if (content === undefined) await rm(join(path, file));
      for (const [file, content] of Object.entries(files)) {
        if (content === undefined) continue;
        await rm(join(path, file), { recursive: true, force: true });
        await mkdir(dirname(join(path, file)), { recursive: true });
        await writeFile(join(path, file), content);
      }
      await git('add', '--all');
      clock += 60;
      const env = {
        ...GIT_TEST_ENV,
        GIT_AUTHOR_DATE: `${clock} +0000`,
        GIT_COMMITTER_DATE: `${clock} +0000`,
      };
      await execa('git', ['commit', '--quiet', '--allow-empty', '-m', message], {
        cwd: path,
        env,
        extendEnv: false,
      });
      return git('rev-parse', 'HEAD');
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
