import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceDistances, referenceImpact } from '../reference/reference-impact.ts';
import type { ReferenceHashesFile, ReferenceImpactInput } from '../reference/reference-impact.ts';
import { bazel } from '../support/bazel.ts';
import { bazelFixture } from './support/bazel-fixture.ts';
import type { BazelFixture } from './support/bazel-fixture.ts';
import { dewarBazelOk, readDistances, readHashesFile } from './support/dewar-cli.ts';
import { referenceRun, typedValues } from './support/reference-run.ts';
import { BZLMOD_EDITS, BZLMOD_FILES } from './workspaces.ts';

/** Labels that an edit must and must not impact, so that engine and reference cannot be wrong together. */
const EXPECTED: Readonly<Record<string, { required: readonly string[]; forbidden: readonly string[] }>> = {
  'content of a source': {
    required: [
      '//lib:a b.txt',
      '//lib:copied',
      '//lib:copied_again',
      '//lib:recorded',
      '//:root_texts_joined.out',
    ],
    forbidden: ['//names:odd_names', '//checks:planet'],
  },
  'content of a source with a non-ASCII name': {
    required: ['//names:\u00c3\u00a9.txt', '//names:\u00c3\u00b8', '//lib:selected.txt', '//checks:check'],
    forbidden: ['//lib:copied'],
  },
  'executable bit': { required: ['//lib:deep/er/leaf.txt', '//lib:all_texts'], forbidden: ['//lib:copied'] },
  'file added to a glob': {
    required: ['//lib:deep/added.txt', '//lib:all_texts'],
    forbidden: ['//lib:copied'],
  },
  'file removed from a glob': {
    required: ['//lib:all_texts', '//:texts'],
    forbidden: ['//lib:deep/added.txt'],
  },
  'rename inside a glob': {
    required: ['//lib:deep/er/leaves.txt', '//lib:all_texts'],
    forbidden: ['//lib:deep/er/leaf.txt'],
  },
  'comment in a .bzl': {
    required: ['//:root_texts_joined', '//:root_texts'],
    forbidden: ['//lib:all_texts'],
  },
  'value in a .scl': {
    required: ['//:root_texts_united', '//:root_texts'],
    forbidden: ['//:root_texts_joined'],
  },
  'attribute in a BUILD file': {
    required: ['//lib:recorded', '//lib:BUILD'],
    forbidden: ['//lib:copied', '//:texts'],
  },
  'file of the other module': {
    required: ['@inner//sub:more.txt', '@inner//:inner_text', '//:texts'],
    forbidden: ['//lib:copied'],
  },
  'version of the other module': { required: [], forbidden: ['//lib:copied'] },
};

describe('an edit at a time, on real Bazel 7 with a fine-grained repository', () => {
  let fixture: BazelFixture;
  let starting: ReferenceHashesFile;

  beforeAll(async () => {
    fixture = await bazelFixture(bazel(), BZLMOD_FILES);
    starting = await generate('starting.json');
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  // Each test goes on from the workspace that the one before left.
  test.each(BZLMOD_EDITS)('$name', async (edit) => {
    await edit.apply(fixture.workspace);
    const final = await generate('final.json');
    const expected = await referenceRun(fixture, { fineGrainedRepos: ['@inner'] });
    expect(final.hashes).toEqual(typedValues(expected));

    const input: ReferenceImpactInput = { starting, final, dropExternal: true };
    const impacted = referenceImpact(input);
    expect(await impactedLabels([])).toEqual(impacted.labels);
    for (const label of EXPECTED[edit.name]?.required ?? []) expect(impacted.labels).toContain(label);
    for (const label of EXPECTED[edit.name]?.forbidden ?? []) expect(impacted.labels).not.toContain(label);

    const targetTypes = ['Rule', 'GeneratedFile'];
    expect(await impactedLabels(['-tt', targetTypes.join(',')])).toEqual(
      referenceImpact({ ...input, targetTypes }).labels,
    );
    const withExternal = referenceImpact({ ...input, dropExternal: false }).labels;
    expect(await impactedLabels(['--no-excludeExternalTargets'])).toEqual(withExternal);

    await dewarBazelOk([...impactFlags(), '-d', 'edges.json', '-o', 'distances.json'], fixture.directory);
    const distances = await readDistances(join(fixture.directory, 'distances.json'));
    expect(byLabel(distances)).toEqual(byLabel(referenceDistances(input, expected.depEdges)));
    expect(distances.map(({ label }) => label)).toEqual(impacted.labels);

    await copyFile(join(fixture.directory, 'final.json'), join(fixture.directory, 'starting.json'));
    starting = final;
  });

  async function generate(name: string): Promise<ReferenceHashesFile> {
    const flags = ['--includeTargetType', '--fineGrainedHashExternalRepos', '@inner', '-d', 'edges.json'];
    await dewarBazelOk(['generate-hashes', ...common(), ...flags, name], fixture.directory);
    return readHashesFile(join(fixture.directory, name));
  }

  async function impactedLabels(flags: readonly string[]): Promise<string[]> {
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

function byLabel<T extends { label: string }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (a.label < b.label ? -1 : 1));
}
