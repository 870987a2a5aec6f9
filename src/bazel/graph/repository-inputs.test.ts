import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRepositoryInputs } from './repository-inputs.ts';
import type { RepositoryInputs } from './repository-inputs.ts';

const DIGEST = 'b0b26ccce7737b22f2fbedd46df6cea29097799d25ad3527ece33ee4c823dc7c';

let directory: string;
let workspace: string;
let outputBase: string;

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'dewar-inputs-')));
  workspace = join(directory, 'workspace');
  outputBase = join(directory, 'output');
  await put('workspace/MODULE.bazel', 'module(name = "m")\n');
  await put('output/external/@bazel_tools.marker', `${DIGEST}\n`);
  await link('output/external/bazel_tools', '/usr');
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function put(path: string, content = ''): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), content);
}

async function link(path: string, target: string): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await symlink(target, join(directory, path));
}

function read(): Promise<RepositoryInputs> {
  return readRepositoryInputs({ workspacePath: workspace, outputBase });
}

function lock(key: string): string {
  const evaluation = { recordedFileInputs: { '@@//go.mod': DIGEST }, recordedDirentsInputs: {} };
  return JSON.stringify({ lockFileVersion: 11, moduleExtensions: { [key]: { general: evaluation } } });
}

test('nothing but the module file', async () => {
  expect(await read()).toEqual({
    readPaths: ['MODULE.bazel', 'm'],
    sharedDirectories: [],
    complete: true,
  });
});

describe('links of repositories', () => {
  test.each<[string, string, string, string[]]>([
    ['the repository itself', 'external/lib', 'workspace/libs/lib', ['libs/lib']],
    ['a file deep inside', 'external/lib/a/b/c', 'workspace/data/x', ['data/x']],
    ['a directory that is gone', 'external/lib/a', 'workspace/gone', ['gone']],
    ['the workspace', 'external/lib/a', 'workspace', ['']],
    ['what holds the workspace', 'external/lib/a', '.', ['']],
    ['another place', 'external/lib/a', 'elsewhere', []],
    ['a name that begins alike', 'external/lib/a', 'workspace2/x', []],
    ['the output base', 'external/lib/a', 'output/external/bazel_tools', []],
  ])('%s', async (_name, path, target, expected) => {
    await put('output/external/@lib.marker', `${DIGEST}\n`);
    await link(join('output', path), join(directory, target));
    expect(await read()).toMatchObject({ sharedDirectories: expected, complete: true });
  });

  test('through a link outside, and to another spelling of the workspace', async () => {
    await link('alias', workspace);
    await put('workspace/data/x');
    await put('output/external/@lib.marker', `${DIGEST}\n`);
    await link('output/external/lib/a', join(directory, 'alias/data/x'));
    expect((await read()).sharedDirectories).toEqual(['data/x']);
    await link('output/external/lib/b', join(directory, 'alias/data/y'));
    const found = await readRepositoryInputs({ workspacePath: join(directory, 'alias'), outputBase });
    expect(found.sharedDirectories).toEqual(['data/x', 'data/y']);
  });

  test('a directory whose entries are all linked by their names counts itself', async () => {
    await put('output/external/@lib.marker', `${DIGEST}\n`);
    for (const name of ['x', 'y']) await put(`workspace/data/${name}`);
    await link('output/external/lib/x', join(workspace, 'data/x'));
    expect((await read()).sharedDirectories).toEqual(['data/x']);
    await link('output/external/lib/y', join(workspace, 'data/y'));
    expect((await read()).sharedDirectories).toEqual(['data', 'data/x', 'data/y']);
  });

  test('the main repository by its own name is no other repository', async () => {
    await put('workspace/WORKSPACE', 'workspace(name = "own")');
    await link('output/external/own', workspace);
    await put('output/external/@own.marker', `${DIGEST}\n`);
    await put('workspace/data/y');
    await put('output/external/@lib.marker', `${DIGEST}\nFILE:@own//a:read ${DIGEST}\n`);
    await link('output/external/lib/x', join(outputBase, 'external/own/data/y'));
    const found = await read();
    expect(found).toMatchObject({ sharedDirectories: ['data/y'], complete: true });
    expect(found.readPaths).toContain('a/read');
  });

  test('an override has no marker', async () => {
    await mkdir(join(workspace, 'override'));
    await link('output/external/lib', join(workspace, 'override'));
    expect(await read()).toMatchObject({ sharedDirectories: ['override'], complete: true });
  });

  test('of an output base in the workspace', async () => {
    outputBase = join(workspace, 'output');
    await put('workspace/output/external/@lib.marker', `${DIGEST}\n`);
    await link('workspace/output/external/lib/a', join(outputBase, 'external/other/x'));
    expect(await read()).toMatchObject({ sharedDirectories: [], complete: true });
  });
});

describe('module extensions', () => {
  beforeEach(async () => {
    await put('output/external/@_main~e~repo.marker', `${DIGEST}\n`);
    await put('output/external/_main~e~repo/BUILD');
  });

  test('are unknown without a lock file that has them', async () => {
    await put('workspace/MODULE.bazel.lock', lock('//ext:other.bzl%other'));
    const found = await read();
    expect(found.complete).toBe(false);
    expect(found.why).toContain('module extension e');
  });

  test.each(['workspace', 'output'])('are read from the lock file of the %s', async (place) => {
    await put(`${place}/MODULE.bazel.lock`, lock('//ext:e.bzl%e'));
    expect(await read()).toMatchObject({ complete: true });
    expect((await read()).readPaths).toContain('go.mod');
  });

  test('of other modules count when the main module uses them', async () => {
    await put('workspace/MODULE.bazel.lock', lock('//ext:e.bzl%e'));
    await put('output/external/@rules_go~~sdk2~x.marker', `${DIGEST}\n`);
    await put('output/external/rules_go~~sdk2~x/BUILD');
    expect((await read()).complete).toBe(true);
    await put('workspace/MODULE.bazel', 'use_extension("@rules_go//:x.bzl", "sdk")');
    expect((await read()).why).toContain('sdk2');
  });
});

test.each<[string, string, string]>([
  ['NEW:@@//x', 'output/external/@lib.marker', `${DIGEST}\nNEW:@@//x 1\n`],
  ['has no marker', 'output/external/lib/BUILD', ''],
  ['no lock file', 'workspace/MODULE.bazel.lock', 'not json'],
  ['use_extension in MODULE.bazel', 'workspace/MODULE.bazel', 'use_extension(X, "e")'],
])('not complete: %s', async (why, path, content) => {
  await put(path, content);
  const found = await read();
  expect(found.complete).toBe(false);
  expect(found.why).toContain(why);
});
