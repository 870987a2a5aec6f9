import type { TestRepository } from './git-repository.ts';
import { WORKSPACE } from './snapshot-sandbox.ts';

/** Makes a base commit, and a commit of each kind on it. @returns their names */
export async function recordedCommits(repository: TestRepository): Promise<Record<string, string>> {
  const commits: Record<string, string> = {};
  commits['first'] = await repository.commit({ '.bazelignore': 'nothing\n' });
  commits['base'] = await repository.commit({ ...WORKSPACE, 'unused.bzl': '' });
  const branch = async (name: string, files: Record<string, string | undefined>): Promise<void> => {
    await repository.git('checkout', '--quiet', '-B', name, commits['base']!);
    commits[name] = await repository.commit(files);
  };
  await branch('source', { 'a/in.txt': '2\n' });
  await branch('odd-name', { 'b/with space ü.txt': '2\n' });
  await branch('added', { 'b/new.txt': 'x\n' });
  await branch('build', { 'b/BUILD.bazel': `${WORKSPACE['b/BUILD.bazel']}filegroup(name = "more")\n` });
  await branch('bzl', { 'defs.bzl': WORKSPACE['defs.bzl']!.replace('cp $<', 'cp -f $<') });
  await branch('unused', { 'unused.bzl': 'ONE = 1\n' });
  await branch('broken', {
    'b/BUILD.bazel': 'filegroup(name = "fine")\nno_such_function()\n',
    'a/in.txt': '2\n',
  });
  await branch('rc', { '.bazelrc': 'common --announce_rc=false\n', 'a/in.txt': '2\n' });
  await branch('external', { 'external/x/z.bzl': '', 'a/in.txt': '2\n' });
  await branch('ignore', { '.bazelignore': 'elsewhere\n', 'a/in.txt': '2\n' });
  await branch('lock', { 'MODULE.bazel.lock': '{"lockFileVersion": 1}\n', 'a/in.txt': '2\n' });
  await branch('version', { '.bazelversion': '7.7.1\n', 'a/in.txt': '2\n' });
  return commits;
}
