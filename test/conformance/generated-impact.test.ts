import { tmpdir } from 'node:os';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { impactedTargets } from '../../src/bazel/impact/impacted-targets.ts';
import { BazelClient } from '../../src/bazel/query/bazel-client.ts';
import type { TargetType } from '../../src/bazel/target-type.ts';
import { referenceDistances, referenceImpact } from '../reference/reference-impact.ts';

const RUNS = 2000;
const LABELS = [
  '//a:1',
  '//a:2',
  '//a/b:1',
  '//b:\ue000',
  '//b:\u{1d4b3}',
  '@inner//:x',
  '//external:m',
  '//external:n',
  '//:Z',
];
const TYPES: readonly TargetType[] = ['Rule', 'SourceFile', 'GeneratedFile'];

interface Case {
  starting: ReadonlyMap<string, string>;
  final: ReadonlyMap<string, string>;
  edges: ReadonlyMap<string, readonly string[]>;
  targetTypes: readonly TargetType[] | undefined;
  excludeExternalTargets: boolean;
}

const typedValue = fc
  .tuple(fc.constantFrom(...TYPES, 'Other'), fc.constantFrom('1', '2'), fc.constantFrom('1', '2'))
  .map(([type, hash, direct]) => `${type}#${hash}~${direct}`);

function hashes(values: fc.Arbitrary<string>): fc.Arbitrary<Map<string, string>> {
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...LABELS), values), { selector: ([label]) => label })
    .map((entries) => new Map(entries));
}

/** Edges from later to earlier labels of one random order, so without cycles; some to labels that nobody knows. */
const edges: fc.Arbitrary<Map<string, string[]>> = fc
  .shuffledSubarray(LABELS, { minLength: LABELS.length, maxLength: LABELS.length })
  .chain((order) =>
    fc.tuple(
      ...order.map((label, index) =>
        fc
          .tuple(fc.boolean(), fc.subarray([...order.slice(0, index), '//unknown:x']))
          .map(([present, deps]): [string, string[]][] => (present ? [[label, deps]] : [])),
      ),
    ),
  )
  .map((entries) => new Map(entries.flat()));

const typedCase: fc.Arbitrary<Case> = fc.record({
  starting: hashes(typedValue),
  final: hashes(typedValue),
  edges,
  targetTypes: fc.option(fc.subarray([...TYPES], { minLength: 1 }), { nil: undefined }),
  excludeExternalTargets: fc.boolean(),
});

const plainCase: fc.Arbitrary<Case> = typedCase.map((typed) => ({
  ...typed,
  starting: withoutTypes(typed.starting),
  final: withoutTypes(typed.final),
  targetTypes: undefined,
}));

test('impacted targets and distances of random hashes are the reference’s', async () => {
  expect.hasAssertions();
  await fc.assert(fc.asyncProperty(fc.oneof(typedCase, plainCase), compare), { numRuns: RUNS });
});

async function compare(random: Case): Promise<void> {
  const client = new BazelClient({ workspacePath: tmpdir(), startupOptions: [], emit: () => undefined });
  const { starting, final, edges, targetTypes, excludeExternalTargets } = random;
  const options = { bazelCommandOptions: [], keepGoing: true, excludeExternalTargets, targetTypes };
  const actual = await impactedTargets(client, { hashes: starting }, { hashes: final }, edges, options);

  const input = {
    starting: { hashes: starting },
    final: { hashes: final },
    targetTypes,
    dropExternal: excludeExternalTargets,
  };
  expect(actual.labels).toEqual(referenceImpact(input).labels);
  const distances = [...(actual.distances ?? [])].map(([label, distance]) => ({ label, ...distance }));
  expect(distances).toEqual(referenceDistances(input, edges));
}

function withoutTypes(typed: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...typed].map(([label, value]) => [label, value.slice(value.indexOf('#') + 1)]));
}
