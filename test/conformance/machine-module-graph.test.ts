import { expect, test } from 'vitest';
import { loadEngine } from '../../src/builtins.ts';
import { bazel } from '../support/bazel.ts';
import { oracleServer } from '../support/edit-script/warm-oracle.ts';
import { temporaryDirectory, testRepository } from '../support/git-repository.ts';
import { namespaceMachine } from '../support/namespace-machine.ts';

const MODULE = `module(name = "main")
bazel_dep(name = "inner", version = "1")
local_path_override(module_name = "inner", path = "inner")
`;

test('a machine (a mount namespace stands in for it) is asked for the module graph only when its files changed', async () => {
  await using repository = await testRepository();
  await using directory = await temporaryDirectory();
  await using machine = await namespaceMachine(directory.path);
  const asked: string[] = [];
  const context = {
    emit: (event: { type: string; message?: string }) => {
      if (event.type === 'debug') asked.push(event.message ?? '');
    },
  };
  const first = await repository.commit({
    'MODULE.bazel': MODULE,
    'inner/MODULE.bazel': 'module(name = "inner", version = "1")\n',
    'inner/BUILD': '',
    BUILD: 'filegroup(name = "a", srcs = ["a.txt"])\n',
    'a.txt': '1',
  });
  const settings = { engine: await loadEngine(), program: bazel(), context, machine };
  await using server = await oracleServer(repository, directory.path, settings);
  const hashAt = async (commit: string): Promise<{ asks: boolean; graph: string | undefined }> => {
    asked.length = 0;
    const oracle = server.oracle([]);
    const known = await oracle.hash(commit);
    if (typeof known === 'string') throw new Error(known);
    const text = await oracle.hashesFile(known);
    return { asks: asked.some((line) => line.includes(' mod graph ')), graph: moduleGraphOf(text) };
  };
  const at = await hashAt(first);
  expect(at).toMatchObject({ asks: true, graph: expect.stringContaining('inner') as string });
  const second = await repository.commit({
    'a.txt': '2',
    BUILD: 'filegroup(name = "b", srcs = ["a.txt"])\n',
  });
  expect(await hashAt(second)).toEqual({ ...at, asks: false });
  const edits: Record<string, string>[] = [
    { 'MODULE.bazel': `${MODULE}# changed\n` },
    { 'inner/MODULE.bazel': 'module(name = "inner", version = "2")\n' },
    { '.bazelrc': 'common --check_direct_dependencies=off\n' },
  ];
  for (const edit of edits)
    expect({ edit, ...(await hashAt(await repository.commit(edit))) }).toMatchObject({ edit, asks: true });
});

function moduleGraphOf(hashes: string): string | undefined {
  const parsed = JSON.parse(hashes) as { metadata?: { moduleGraphJson?: string } };
  return parsed.metadata?.moduleGraphJson;
}
