import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bazel, bazel4 } from '../support/bazel.ts';
import { bazelFixture } from './support/bazel-fixture.ts';
import type { BazelFixture } from './support/bazel-fixture.ts';
import { dewarBazelOk, readDepEdges, readHashesFile } from './support/dewar-cli.ts';
import type { HashesFile } from './support/dewar-cli.ts';
import { plainValues, referenceRun, typedValues } from './support/reference-run.ts';
import type { ReferenceRun } from './support/reference-run.ts';
import { BZLMOD_FILES, WORKSPACE_FILES } from './workspaces.ts';
import type { FixtureFiles } from './workspaces.ts';

interface Setting {
  name: string;
  bazel: () => string;
  files: FixtureFiles;
  bzlmod: boolean;
  modernCquery: boolean;
}

const SETTINGS: readonly Setting[] = [
  { name: 'Bazel 7, bzlmod', bazel, files: BZLMOD_FILES, bzlmod: true, modernCquery: true },
  {
    name: 'Bazel 7, WORKSPACE',
    bazel,
    files: { ...WORKSPACE_FILES, '.bazelrc': 'common --noenable_bzlmod --enable_workspace\n' },
    bzlmod: false,
    modernCquery: true,
  },
  { name: 'Bazel 4', bazel: bazel4, files: WORKSPACE_FILES, bzlmod: false, modernCquery: false },
];

interface Case {
  name: string;
  flags: readonly string[];
  reference: ReferenceRun;
}

/** File names below the fixture's directory; see `writeInputs`. */
const CASES: readonly Case[] = [
  { name: 'no options', flags: [], reference: {} },
  {
    name: 'fine-grained repository',
    flags: ['--fineGrainedHashExternalRepos', '@inner'],
    reference: { fineGrainedRepos: ['@inner'] },
  },
  {
    name: 'fine-grained repositories from a file, without //external',
    flags: ['--fineGrainedHashExternalReposFile', 'repos.txt', '--excludeExternalTargets'],
    reference: { fineGrainedRepos: ['@inner'], excludeExternalTargets: true },
  },
  {
    name: 'excluded targets',
    flags: ['--excludeTargetsQuery', 'kind("filegroup rule", //...)'],
    reference: { excludeTargetsQuery: 'kind("filegroup rule", //...)' },
  },
  {
    name: 'seeds and ignored attributes, without keep_going',
    flags: ['-s', 'seeds.txt', '--ignoredRuleHashingAttributes', 'tags,cmd', '--no-keep_going'],
    reference: {
      seeds: [Buffer.from('first seed'), Buffer.from('second seed')],
      ignoredAttributes: ['tags', 'cmd'],
      keepGoing: false,
    },
  },
  {
    name: 'content hashes and modified files',
    flags: [
      '--contentHashPath',
      'content.json',
      '-m',
      'modified.txt',
      '--fineGrainedHashExternalRepos',
      '@inner',
    ],
    reference: {
      contentHashes: new Map([
        ['root.txt', 'given'],
        ['lib/no-such-file.txt', 'given too'],
        ['external/inner/inner.txt', 'given as well'],
      ]),
      modifiedFilePaths: ['lib/a b.txt', './BUILD', 'build/macros.bzl', 'lib/nothing.txt'],
      fineGrainedRepos: ['@inner'],
    },
  },
  { name: 'an empty list of modified files', flags: ['-m', 'empty.txt'], reference: {} },
  {
    name: 'command options',
    flags: ['-co', '--noproto:default_values --nohost_deps'],
    reference: { commandOptions: ['--noproto:default_values', '--nohost_deps'] },
  },
  {
    name: 'package groups, also of a fine-grained repository',
    flags: ['--includePackageGroups', '--fineGrainedHashExternalRepos', '@inner'],
    reference: { includePackageGroups: true, fineGrainedRepos: ['@inner'] },
  },
  { name: 'cquery', flags: ['--useCquery'], reference: { mode: 'cquery' } },
  {
    name: 'cquery with everything else',
    flags: [
      '--useCquery',
      '--seed-filepaths=seeds.txt',
      '--ignoredRuleHashingAttributes=tags',
      '--fineGrainedHashExternalRepos=@inner',
      '--excludeTargetsQuery=//names/...:all-targets',
      '--excludeExternalTargets',
      '--cqueryCommandOptions=--define=fancy=1',
      '--includePackageGroups',
    ],
    reference: {
      mode: 'cquery',
      commandOptions: ['--define=fancy=1'],
      seeds: [Buffer.from('first seed'), Buffer.from('second seed')],
      ignoredAttributes: ['tags'],
      fineGrainedRepos: ['@inner'],
      excludeTargetsQuery: '//names/...:all-targets',
      excludeExternalTargets: true,
      includePackageGroups: true,
    },
  },
];

describe.each(SETTINGS)('$name: generate-hashes equals the reference on real query output', (setting) => {
  let fixture: BazelFixture;

  beforeAll(async () => {
    fixture = await bazelFixture(setting.bazel(), setting.files);
    await writeInputs(fixture.directory);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  test.each(CASES)('$name', async ({ flags, reference }) => {
    const actual = await generate(fixture, ['--includeTargetType', ...flags]);
    const expected = await referenceRun(fixture, { ...reference, ...settingOf(setting) });
    expect(actual.file.hashes).toEqual(typedValues(expected));
    expect(actual.depEdges).toEqual(expected.depEdges);
    expect(actual.file.hashes.size).toBeGreaterThan(20);
  });

  test('plain values, sorted, and the module graph exactly with bzlmod', async () => {
    const { file } = await generate(fixture, []);
    expect(file.hashes).toEqual(plainValues(await referenceRun(fixture, settingOf(setting))));
    expect(file.labels).toEqual(file.labels.toSorted((a, b) => (a < b ? -1 : 1)));
    const graph = await fixture.run(['mod', 'graph', '--output=json']);
    expect(file.moduleGraphJson).toBe(setting.bzlmod ? graph.stdout.toString('utf8').trim() : undefined);
  });

  test('target types filter hashes and edges', async () => {
    const { file, depEdges } = await generate(fixture, ['--includeTargetType', '-tt', 'Rule,SourceFile']);
    const expected = await referenceRun(fixture, settingOf(setting));
    const kept = [...expected.hashes]
      .filter(([, { type }]) => type !== 'GeneratedFile')
      .map(([label]) => label);
    expect([...file.hashes.keys()].toSorted()).toEqual(kept.toSorted());
    expect([...depEdges.keys()].toSorted()).toEqual(
      kept.filter((label) => expected.depEdges.has(label)).toSorted(),
    );
  });

  test('always-affected tags', async () => {
    const flags = ['--alwaysAffectedTags', 'volatile'];
    const [first, second] = [await generate(fixture, flags), await generate(fixture, flags)];
    const expected = difference(
      plainValues(await referenceRun(fixture, tagged(setting, 1))),
      plainValues(await referenceRun(fixture, tagged(setting, 2))),
    );
    expect(expected.length).toBeGreaterThan(0);
    expect(difference(first.file.hashes, second.file.hashes)).toEqual(expected);
    const without = await generate(fixture, []);
    expect(difference(without.file.hashes, first.file.hashes)).toEqual(expected);
  });
});

function settingOf(setting: Setting): ReferenceRun {
  return { modernCquery: setting.modernCquery };
}

function tagged(setting: Setting, byte: number): ReferenceRun {
  return { ...settingOf(setting), alwaysAffectedTags: ['volatile'], randomValue: Uint8Array.of(byte) };
}

async function generate(
  fixture: BazelFixture,
  flags: readonly string[],
): Promise<{ file: HashesFile; depEdges: Map<string, string[]> }> {
  const [output, edges] = [join(fixture.directory, 'hashes.json'), join(fixture.directory, 'edges.json')];
  await dewarBazelOk(
    [
      'generate-hashes',
      '-w',
      fixture.workspace,
      '-b',
      fixture.bazel,
      '-d',
      edges,
      ...fixture.startupOptions.flatMap((option) => ['-so', option]),
      ...flags,
      output,
    ],
    fixture.directory,
  );
  return { file: await readHashesFile(output), depEdges: await readDepEdges(edges) };
}

/** The files that the flags of `CASES` name, relative to the process's directory. */
async function writeInputs(directory: string): Promise<void> {
  const files: Record<string, string> = {
    'repos.txt': '@inner\n\n',
    'seeds.txt': 'seed 1\nseed 2\nseed 1\n',
    'seed 1': 'first seed',
    'seed 2': 'second seed',
    'content.json': JSON.stringify({
      'root.txt': 'given',
      'lib/no-such-file.txt': 'given too',
      'external/inner/inner.txt': 'given as well',
    }),
    'modified.txt': 'lib/a b.txt\n./BUILD\nbuild/macros.bzl\nlib/nothing.txt\n',
    'empty.txt': '',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
}

function difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...after.keys()].filter((label) => before.get(label) !== after.get(label)).toSorted();
}
