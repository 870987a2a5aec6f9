import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bazel, bazel4 } from '../support/bazel.ts';
import { bazelFixture } from './support/bazel-fixture.ts';
import type { BazelFixture } from './support/bazel-fixture.ts';
import {
  dewarBazel,
  dewarBazelOk,
  readDepEdges,
  readDistances,
  readHashesFile,
} from './support/dewar-cli.ts';
import { referenceRun, typedValues } from './support/reference-run.ts';
import type { FixtureFiles } from './workspaces.ts';

const BASE = 'package_group(name = "base", packages = ["//a", "//b/...", "-//b/c"])';
const WIDE = 'package_group(name = "wide", includes = [":base", ":apart"], packages = ["//c"])';
const APART = 'package_group(name = "apart", packages = ["//d"])';
const RING =
  'package_group(name = "ring_one", includes = [":ring_two", "//outer:far"])\n' +
  'package_group(name = "ring_two", includes = [":ring_one"])';
const FAR = 'package_group(name = "far", includes = ["//groups:wide"])';

const FILES: FixtureFiles = {
  'MODULE.bazel': 'module(name = "groups")\n',
  WORKSPACE: '',
  'groups/BUILD': lines(BASE, WIDE, APART, RING),
  'outer/BUILD': lines(FAR),
  'lib/holder.bzl': lines(
    'def _impl(ctx):',
    '    return []',
    'holder = rule(implementation = _impl, attrs = {"list": attr.label()})',
  ),
  // One is governed by a group, the other has a group as its input.
  'lib/BUILD': lines(
    'load(":holder.bzl", "holder")',
    'filegroup(name = "governed", srcs = ["x.txt"], visibility = ["//groups:wide"])',
    'holder(name = "names_group", list = "//groups:base")',
  ),
  'lib/x.txt': 'x\n',
};

interface Step {
  name: string;
  path: string;
  content: string;
  /** Impacted package groups: distance in targets and in packages. */
  groups: Readonly<Record<string, readonly [number, number]>>;
  /** Others, besides the BUILD file itself. */
  others?: readonly string[];
}

const ABOVE_WIDE = {
  '//outer:far': [2, 1],
  '//groups:ring_one': [3, 2],
  '//groups:ring_two': [4, 2],
} as const;

/** Each goes on from what the one before left. */
const STEPS: readonly Step[] = [
  {
    name: 'packages and included groups in another order, elsewhere in the file',
    path: 'groups/BUILD',
    content: lines(
      '# a comment',
      RING,
      APART,
      'package_group(name = "base", packages = ["-//b/c", "//b/...", "//a"])',
      'package_group(name = "wide", packages = ["//c"], includes = [":apart", ":base"])',
    ),
    groups: {},
  },
  {
    name: 'a package added to a group that others include',
    path: 'groups/BUILD',
    content: lines(BASE.replace('"//a"', '"//a", "//new"'), WIDE, APART, RING),
    groups: { '//groups:base': [0, 0], '//groups:wide': [1, 0], ...ABOVE_WIDE },
  },
  {
    name: 'a package of that group negated',
    path: 'groups/BUILD',
    content: lines(BASE.replace('"//a"', '"-//a"'), WIDE, APART, RING),
    groups: { '//groups:base': [0, 0], '//groups:wide': [1, 0], ...ABOVE_WIDE },
  },
  {
    name: 'a group that nobody includes',
    path: 'outer/BUILD',
    content: lines(FAR, 'package_group(name = "new", packages = ["//a"])'),
    groups: { '//outer:new': [0, 0] },
  },
  {
    name: 'packages of a group that nobody includes',
    path: 'outer/BUILD',
    content: lines(FAR, 'package_group(name = "new", packages = ["//b"])'),
    groups: { '//outer:new': [0, 0] },
  },
  {
    name: 'that group removed',
    path: 'outer/BUILD',
    content: lines(FAR),
    groups: {},
  },
  {
    name: 'an included group left out',
    path: 'groups/BUILD',
    content: lines(BASE.replace('"//a"', '"-//a"'), WIDE.replace(', ":apart"', ''), APART, RING),
    groups: {
      '//groups:wide': [0, 0],
      '//outer:far': [1, 1],
      '//groups:ring_one': [2, 2],
      '//groups:ring_two': [3, 2],
    },
  },
  {
    name: 'an included group removed, its name still included',
    path: 'groups/BUILD',
    content: lines(WIDE.replace(', ":apart"', ''), APART, RING),
    groups: {
      '//groups:wide': [0, 0],
      '//outer:far': [1, 1],
      '//groups:ring_one': [2, 2],
      '//groups:ring_two': [3, 2],
    },
  },
  {
    name: 'a group that becomes a rule',
    path: 'groups/BUILD',
    content: lines(WIDE.replace(', ":apart"', ''), 'filegroup(name = "apart")', RING),
    groups: {},
    others: ['//groups:apart'],
  },
];

describe.each([
  { name: 'Bazel 7', program: bazel },
  { name: 'Bazel 4', program: bazel4 },
])('$name: package groups', ({ program }) => {
  let fixture: BazelFixture;

  beforeAll(async () => {
    fixture = await bazelFixture(program(), FILES);
    await generate('starting.json', ['--includePackageGroups']);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  test('without the option everything is as if there were no groups', async () => {
    const without = await generate('without.json', []);
    expect(without.hashes).toEqual(typedValues(await referenceRun(fixture)));
    expect([...without.hashes.values()].filter((value) => value.startsWith('PackageGroup'))).toEqual([]);
    const { hashes } = await generate('with.json', ['--includePackageGroups']);
    const others = [...hashes].filter(([, value]) => !value.startsWith('PackageGroup#'));
    expect(others).toEqual([...without.hashes]);
    expect(hashes.size - others.length).toBe(6);
  });

  test.each(STEPS)('$name', async ({ path, content, groups, others = [] }) => {
    await writeFile(join(fixture.workspace, path), content);
    const final = await generate('final.json', ['--includePackageGroups']);
    const expected = await referenceRun(fixture, { includePackageGroups: true });
    expect(final.hashes).toEqual(typedValues(expected));
    expect(await readDepEdges(join(fixture.directory, 'edges.json'))).toEqual(expected.depEdges);

    const build = `//${path.replace('/', ':')}`;
    const sorted = Object.keys(groups).toSorted();
    expect(await impacted([])).toEqual([build, ...others, ...sorted]);
    expect(await impacted(['-tt', 'PackageGroup'])).toEqual(sorted);
    await dewarBazelOk([...impactFlags(), '-d', 'edges.json', '-o', 'distances.json'], fixture.directory);
    const distances = (await readDistances(join(fixture.directory, 'distances.json')))
      .filter(({ label }) => label in groups)
      .map(({ label, targetDistance, packageDistance }) => [label, [targetDistance, packageDistance]]);
    expect(Object.fromEntries(distances)).toEqual(groups);

    await generate('starting.json', ['--includePackageGroups']);
  });

  test('cquery keeps groups, which have no providers', async () => {
    // It analyses: a cycle is an error then, and so is a group as the input of a rule that does not ask for groups.
    await writeFile(join(fixture.workspace, 'lib/BUILD'), '');
    await writeFile(join(fixture.workspace, 'groups/BUILD'), lines(BASE, WIDE, APART));
    const modernCquery = program === bazel;
    const { hashes } = await generate('cquery.json', ['--useCquery', '--includePackageGroups']);
    const reference = await referenceRun(fixture, {
      mode: 'cquery',
      modernCquery,
      includePackageGroups: true,
    });
    expect(hashes).toEqual(typedValues(reference));
    const prefix = modernCquery ? '@@' : '';
    expect(
      [...hashes].filter(([, value]) => value.startsWith('PackageGroup#')).map(([label]) => label),
    ).toEqual(
      ['//groups:apart', '//groups:base', '//groups:wide', '//outer:far'].map((label) => `${prefix}${label}`),
    );
  });

  test('their type without the option is an error, and files without them a warning', async () => {
    const flags = [...common(), '-tt', 'PackageGroup', 'unwritten.json'];
    const { exitCode, stderr } = await dewarBazel(['generate-hashes', ...flags], fixture.directory);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining('--includePackageGroups') as unknown,
    });
    await generate('none.json', []);
    const files = ['-sh', 'none.json', '-fh', 'none.json', '-tt', 'PackageGroup'];
    const result = await dewarBazelOk(['get-impacted-targets', ...common(), ...files], fixture.directory);
    expect(result).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('no package group') as unknown,
    });
  });

  async function generate(
    name: string,
    flags: readonly string[],
  ): Promise<{ hashes: ReadonlyMap<string, string> }> {
    const all = ['generate-hashes', ...common(), '--includeTargetType', '-d', 'edges.json', ...flags, name];
    await dewarBazelOk(all, fixture.directory);
    return readHashesFile(join(fixture.directory, name));
  }

  async function impacted(flags: readonly string[]): Promise<string[]> {
    const { stdout } = await dewarBazelOk([...impactFlags(), ...flags], fixture.directory);
    return stdout.split('\n').filter((line) => line !== '');
  }

  function impactFlags(): string[] {
    return ['get-impacted-targets', ...common(), '-sh', 'starting.json', '-fh', 'final.json'];
  }

  function common(): string[] {
    return [
      '-w',
      fixture.workspace,
      '-b',
      fixture.bazel,
      ...fixture.startupOptions.flatMap((option) => ['-so', option]),
    ];
  }
});

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
