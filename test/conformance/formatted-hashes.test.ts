import { tmpdir } from 'node:os';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatGraphHashes } from '../../src/bazel/hash/format-graph-hashes.ts';
import { HashSession } from '../../src/bazel/hash/hash-session.ts';
import type { HashedGraph } from '../../src/bazel/hash/hash-session.ts';
import { toHashesDocument } from '../../src/bazel/hash/to-hashes-document.ts';
import { formatHashes } from '../../src/bazel/hashes-file.ts';
import { TARGET_TYPES } from '../../src/bazel/target-type.ts';
import { encodeQueryOutput } from '../support/proto/build-proto.ts';
import type { TargetData } from '../support/proto/build-proto.ts';
import { graphArbitrary } from '../support/proto/graph-arbitrary.ts';
import { sha256 } from '../reference/sha256.ts';

const selection = fc.record({
  includeTargetType: fc.boolean(),
  targetTypes: fc.option(
    fc.subarray([...TARGET_TYPES]).map((types) => new Set(types)),
    { nil: undefined },
  ),
});
const moduleGraph = fc.constantFrom(undefined, '{"key": "<root>"}');

test('a hashes file is the same bytes with and without its document', async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(graphArbitrary, selection, moduleGraph, async ({ main }, selected, moduleGraphJson) => {
      const graph = await hashed(withoutOrphans(main));
      const document = toHashesDocument(graph, selected);
      expect(formatGraphHashes(graph, selected, moduleGraphJson).toString('utf8')).toBe(
        formatHashes({ ...document, moduleGraphJson }).toString('utf8'),
      );
    }),
    { numRuns: 200 },
  );
});

/** A rule's name may be that of a file, and then its outputs have no rule. */
function withoutOrphans(main: readonly TargetData[]): TargetData[] {
  const kinds = new Map(main.toReversed().map(({ name, kind }) => [name, kind]));
  return main.filter(
    (target) => target.kind !== 'GeneratedFile' || kinds.get(target.generatingRule) === 'Rule',
  );
}

async function hashed(targets: readonly TargetData[]): Promise<HashedGraph> {
  using session = new HashSession({
    workspacePath: tmpdir(),
    configured: false,
    fineGrainedRepos: [],
    ignoredAttributes: [],
    alwaysAffectedTags: [],
    seed: sha256(),
    keepDependencies: false,
    includePackageGroups: true,
  });
  const input = session.input('query');
  input.push(Buffer.from(encodeQueryOutput(targets)));
  input.end();
  return await session.finish();
}
