import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, assert, beforeAll, describe, expect, test } from 'vitest';
import { hashTargets } from '../../src/bazel/hash/hash-targets.ts';
import { DewarError } from '../../src/core/errors.ts';
import { decodeCqueryResult, decodeTargets } from '../reference/decode-proto.ts';
import { referenceHashes } from '../reference/reference-hashes.ts';
import type { ReferenceOptions } from '../reference/reference-hashes.ts';
import type { ReferenceResult } from '../reference/reference-result.ts';
import { sha256 } from '../reference/sha256.ts';
import { ATTRIBUTE_NAMES } from '../support/proto/attribute-arbitrary.ts';
import { encodeCqueryResult, encodeQueryOutput, encodeStreamedCquery } from '../support/proto/build-proto.ts';
import type { TargetData } from '../support/proto/build-proto.ts';
import { cyclicGraphArbitrary, graphArbitrary } from '../support/proto/graph-arbitrary.ts';
import type { GraphCase } from '../support/proto/graph-arbitrary.ts';
import { ODD_EXTERNAL_FILES, ODD_FILES, ODD_PATHS, writeOddTree } from '../support/proto/odd-tree.ts';

/** Of each property. */
const RUNS = 250;

type Framing = 'query' | 'cquery-streamed' | 'cquery-whole';

interface RandomOptions {
  seeds: readonly Uint8Array[];
  ignoredAttributes: readonly string[];
  alwaysAffectedTags: readonly string[];
  fineGrainedRepos: readonly string[];
  contentHashes: readonly (readonly [string, string])[] | undefined;
  modifiedFilePaths: readonly string[];
  includePackageGroups?: boolean;
}

let root: string;
let workspace: string;
let outputBase: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dewar generated é-'));
  workspace = join(root, 'workspace');
  outputBase = join(root, 'output');
  mkdirSync(workspace);
  writeOddTree(workspace, ODD_FILES);
  writeOddTree(join(outputBase, 'external'), ODD_EXTERNAL_FILES);
});
afterAll(() => rmSync(root, { recursive: true }));

const NO_OPTIONS: RandomOptions = {
  seeds: [],
  ignoredAttributes: [],
  alwaysAffectedTags: [],
  fineGrainedRepos: [],
  contentHashes: undefined,
  modifiedFilePaths: [],
};

/** Where the directory below `external` has another name than the repository. */
const ROOT_NAMES: Readonly<Record<string, string>> = { plus: 'plus+', found: 'found~1.0' };

/** ASCII only, where a path and its printed form are the same. */
const PLAIN_PATHS = ODD_PATHS.filter((path) => /^[ -~]*$/.test(path));
const PLAIN_FILES = PLAIN_PATHS.filter((path) => !/folder/.test(path));

const optionsArbitrary: fc.Arbitrary<RandomOptions> = fc.record({
  seeds: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 3 }),
  ignoredAttributes: fc.subarray([...ATTRIBUTE_NAMES]),
  alwaysAffectedTags: fc.constant([]),
  fineGrainedRepos: fc.subarray(['@inner', '@@inner~', '@in', '@plus', '@found', '@@canon~']),
  contentHashes: fc.option(
    fc.uniqueArray(fc.tuple(fc.constantFrom(...PLAIN_FILES, 'external/inner/in.txt'), fc.string()), {
      selector: ([path]) => path,
    }),
    { nil: undefined },
  ),
  modifiedFilePaths: fc.subarray([...PLAIN_PATHS, './root.txt', 'a/../root.txt']),
  includePackageGroups: fc.boolean(),
});

describe.each<Framing>(['query', 'cquery-streamed', 'cquery-whole'])(
  '%s: random graphs hash as the reference does',
  (framing) => {
    test('without options', async () => {
      expect.hasAssertions();
      await check(
        fc.asyncProperty(graphArbitrary, fc.nat(), (graph, chunk) =>
          compare(graph, framing, NO_OPTIONS, chunk),
        ),
      );
    });

    test('with options', async () => {
      expect.hasAssertions();
      await check(
        fc.asyncProperty(graphArbitrary, optionsArbitrary, fc.nat(), (graph, options, chunk) =>
          compare(graph, framing, options, chunk),
        ),
      );
    });

    test('always-affected tags change exactly what they reach, in every run', async () => {
      const options = { ...NO_OPTIONS, alwaysAffectedTags: ['volatile', 'a'] };
      await check(
        fc.asyncProperty(graphArbitrary, async (graph) => {
          fc.pre(expectedFailure(graph, framing) === undefined);
          const expected = changed(
            reference(graph, framing, options, new Uint8Array(32)).hashes,
            reference(graph, framing, options, new Uint8Array(32).fill(1)).hashes,
          );
          const first = await engine(graph, framing, options, 1000);
          const second = await engine(graph, framing, options, 1000);
          expect(changed(values(first.hashes), values(second.hashes))).toEqual(expected);
          const without = values((await engine(graph, framing, NO_OPTIONS, 1000)).hashes);
          expect(changed(without, values(first.hashes))).toEqual(expected);
        }),
      );
    });
  },
);

test('cycles, and outputs whose rule was not printed', async () => {
  expect.hasAssertions();
  await check(
    fc.asyncProperty(cyclicGraphArbitrary, fc.nat(), (graph, drop) => {
      const target = graph.main[drop % Math.max(graph.main.length, 1)];
      const main = drop % 2 === 0 ? graph.main : graph.main.filter(({ name }) => name !== target?.name);
      return compare({ ...graph, main }, 'query', NO_OPTIONS, 500);
    }),
  );
});

test('the order in which targets are printed does not matter', async () => {
  await check(
    fc.asyncProperty(graphArbitrary, async (graph) => {
      fc.pre(expectedFailure(graph, 'query') === undefined);
      const keyed = graph.main.map((target): [string, TargetData] => [
        `${String(target.kind === 'PackageGroup')} ${target.name}`,
        target,
      ]);
      const unique = [...new Map(keyed.toReversed()).values()];
      const options = { ...NO_OPTIONS, includePackageGroups: true };
      const backwards = await engine({ ...graph, main: unique.toReversed() }, 'query', options, 64);
      const forwards = await engine({ ...graph, main: unique }, 'query', options, 64);
      expect([...backwards.hashes]).toEqual([...forwards.hashes]);
    }),
  );
});

test.each<Framing>(['query', 'cquery-streamed', 'cquery-whole'])(
  '%s: package groups change no other value, and only what includes one changes with it',
  async (framing) => {
    await check(
      fc.asyncProperty(graphArbitrary, fc.nat(), async (graph, at) => {
        fc.pre(expectedFailure(graph, framing) === undefined);
        const options = { ...NO_OPTIONS, includePackageGroups: true };
        const without = (await engine(graph, framing, NO_OPTIONS, 1000)).hashes;
        const withGroups = await engine(graph, framing, options, 1000);
        const groups = [...withGroups.hashes].filter(([, value]) => value.startsWith('PackageGroup#'));
        expect(
          [...without.keys()].filter((label) => without.get(label)?.startsWith('PackageGroup#')),
        ).toEqual([]);
        const others = new Map(withGroups.hashes);
        for (const [label] of groups) others.delete(label);
        expect([...others]).toEqual([...without]);
        const dropped = graph.main.filter(({ kind }) => kind !== 'PackageGroup');
        expect([...(await engine({ ...graph, main: dropped }, framing, NO_OPTIONS, 1000)).hashes]).toEqual([
          ...without,
        ]);

        const picked = groups[at % Math.max(groups.length, 1)]?.[0];
        fc.pre(picked !== undefined);
        const main = graph.main.map((target) =>
          target.kind === 'PackageGroup'
            ? {
                ...target,
                containedPackages:
                  target.name === picked
                    ? [...target.containedPackages, '//new']
                    : [...target.containedPackages.toReversed(), ...target.containedPackages],
                includedPackageGroups: target.includedPackageGroups?.toReversed(),
              }
            : target,
        );
        const after = (await engine({ ...graph, main }, framing, options, 1000)).hashes;
        const reached = new Set([picked]);
        for (const label of reached)
          for (const [user] of groups)
            if (withGroups.depEdges.get(user)?.includes(label) === true) reached.add(user);
        expect(changed(values(withGroups.hashes), values(after))).toEqual(
          [`${picked} direct`, ...[...reached].map((label) => `${label} overall`)].toSorted(),
        );
      }),
    );
  },
);

/** Equal hashes and edges, or a failure of the same kind. */
async function compare(
  graph: GraphCase,
  framing: Framing,
  options: RandomOptions,
  chunk: number,
): Promise<void> {
  const failure = expectedFailure(graph, framing);
  const actual = await engine(graph, framing, options, 1 + (chunk % 97)).catch((error: unknown) => error);
  if (failure !== undefined) {
    assert(actual instanceof DewarError, `${failure} expected`);
    assert.match(actual.code, failure);
    return;
  }
  if (actual instanceof Error) throw actual;
  const expected = reference(graph, framing, options);
  expect(actual).toEqual({ hashes: typed(expected), depEdges: expected.depEdges });
}

/** Which code of error the engine may give; a graph with an orphan may have a cycle too. */
function expectedFailure(graph: GraphCase, framing: Framing): RegExp | undefined {
  try {
    reference(graph, framing, NO_OPTIONS);
    return undefined;
  } catch (error) {
    if (!/cycle|no rule/.test(String(error))) throw error;
    const names = new Set(graph.main.filter(({ kind }) => kind === 'Rule').map(({ name }) => name));
    const orphan = graph.main.some(
      (target) => target.kind === 'GeneratedFile' && !names.has(target.generatingRule),
    );
    return orphan ? /^(DEPENDENCY_CYCLE|MISSING_GENERATING_RULE)$/ : /^DEPENDENCY_CYCLE$/;
  }
}

function reference(
  graph: GraphCase,
  framing: Framing,
  options: RandomOptions,
  randomValue?: Uint8Array,
): ReferenceResult {
  const main =
    framing === 'query'
      ? decodeTargets(bytesOf(graph, framing))
      : decodeCqueryResult(encodeCqueryResult(graph.main));
  const settings: ReferenceOptions = {
    ...options,
    contentHashes: options.contentHashes === undefined ? undefined : new Map(options.contentHashes),
    mode: framing === 'query' ? 'query' : 'cquery',
    workspace,
    outputBase,
    repoLocations: new Map([['found', `${outputBase}/external/found~1.0/BUILD:1:1: rule`]]),
    ...(randomValue === undefined ? {} : { randomValue }),
  };
  return referenceHashes([...main, ...decodeTargets(encodeQueryOutput(graph.external))], settings);
}

async function engine(
  graph: GraphCase,
  framing: Framing,
  options: RandomOptions,
  chunk: number,
): Promise<{ hashes: ReadonlyMap<string, string>; depEdges: ReadonlyMap<string, readonly string[]> }> {
  const streams = [chunks(bytesOf(graph, framing), chunk), chunks(encodeQueryOutput(graph.external), chunk)];
  const { hashes, dependencyEdges } = await hashTargets(streams, {
    workspacePath: workspace,
    framings: [framing, 'query'],
    configured: framing !== 'query',
    fineGrainedRepos: options.fineGrainedRepos,
    ignoredAttributes: options.ignoredAttributes,
    alwaysAffectedTags: options.alwaysAffectedTags,
    contentHashes: options.contentHashes === undefined ? undefined : new Map(options.contentHashes),
    modifiedPaths:
      options.modifiedFilePaths.length === 0
        ? undefined
        : new Set(options.modifiedFilePaths.map((path) => `${workspace}/${path}`)),
    seed: sha256(...options.seeds),
    includeTargetType: true,
    includePackageGroups: options.includePackageGroups,
    externalRoots: new Map(
      options.fineGrainedRepos.map((name) => {
        const repo = name.replace(/^@+/, '');
        return [repo, join(outputBase, 'external', ROOT_NAMES[repo] ?? repo)];
      }),
    ),
  });
  return { hashes: hashes.hashes, depEdges: dependencyEdges };
}

function bytesOf(graph: GraphCase, framing: Framing): Uint8Array {
  if (framing === 'query') return encodeQueryOutput(graph.main);
  return framing === 'cquery-streamed' ? encodeStreamedCquery(graph.main) : encodeCqueryResult(graph.main);
}

function* chunks(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size);
}

function typed(result: ReferenceResult): Map<string, string> {
  return new Map(
    [...result.hashes].map(([label, hash]) => [label, `${hash.type}#${hash.hash}~${hash.direct}`]),
  );
}

function values(hashes: ReadonlyMap<string, string>): Map<string, { hash: string; direct: string }> {
  return new Map(
    [...hashes].map(([label, value]) => {
      const [hash = '', direct = ''] = value.slice(value.indexOf('#') + 1).split('~');
      return [label, { hash, direct }];
    }),
  );
}

/** Which labels' overall and direct hashes differ. */
function changed(
  before: ReadonlyMap<string, { hash: string; direct: string }>,
  after: ReadonlyMap<string, { hash: string; direct: string }>,
): string[] {
  return [...after]
    .flatMap(([label, value]) => [
      ...(before.get(label)?.hash === value.hash ? [] : [`${label} overall`]),
      ...(before.get(label)?.direct === value.direct ? [] : [`${label} direct`]),
    ])
    .toSorted();
}

async function check<T>(property: fc.IAsyncProperty<T>): Promise<void> {
  await fc.assert(property, { numRuns: RUNS });
}
