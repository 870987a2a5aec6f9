import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, assert, beforeAll, expect, test } from 'vitest';
import type { PathChange } from '../../src/bazel/graph/classify-changes.ts';
import { NO_LOADS } from '../../src/bazel/graph/known-loads.ts';
import { readGraphIndex, writeGraphIndex } from '../../src/bazel/graph/graph-index.ts';
import type { TypedLabel } from '../../src/bazel/graph/impact-of-contents.ts';
import { impactOfPackages } from '../../src/bazel/graph/impact-of-packages.ts';
import { formatGraphHashes } from '../../src/bazel/hash/format-graph-hashes.ts';
import { HashSession } from '../../src/bazel/hash/hash-session.ts';
import type { HashSettings, HashedGraph } from '../../src/bazel/hash/hash-session.ts';
import { toHashesDocument } from '../../src/bazel/hash/to-hashes-document.ts';
import { hashDifference } from '../../src/bazel/impact/hash-difference.ts';
import { DewarError } from '../../src/core/errors.ts';
import { encodeQueryOutput } from '../support/proto/build-proto.ts';
import type { TargetData } from '../support/proto/build-proto.ts';

/**
 * Random graphs without Bazel: packages that are asked again are merged into the index of the graph before, and the
 * result must be that of hashing the whole graph after.
 */
const RUNS = 250;
const PACKAGES = ['', 'a', 'a/b', 'c', 'c/d'];
const FILES = ['f0', 'f1', 'sub/f2', 'both'];
const BZL = ['lib/x.bzl', 'lib/y.bzl'];
const SELECTION = { includeTargetType: true, targetTypes: undefined };

/** What one package is made of. */
interface Package {
  rules: { name: string; inputs: string[]; frames: string[]; value: string; generates: boolean }[];
  sources: string[];
  groups: { name: string; packages: string[]; includes: string[] }[];
}

/** Undefined: no such file. */
type File = { content: string; executable: boolean } | undefined;

interface Commit {
  packages: Record<string, Package | undefined>;
  files: Record<string, File>;
}

const LABELS = PACKAGES.flatMap((name) => [
  ...['r0', 'r1', 'r2', 'both'].flatMap((rule) => [`//${name}:${rule}`, `//${name}:${rule}.out`]),
  ...FILES.map((file) => `//${name}:${file}`),
  `//${name}:sub`,
]);
const PATHS = [...PACKAGES.flatMap((name) => FILES.map((file) => join(name, file))), ...BZL];

const ruleArbitrary = fc.record({
  name: fc.constantFrom('r0', 'r1', 'r2', 'both'),
  inputs: fc.array(fc.constantFrom(...LABELS, '@other//x:y', '//external:other'), { maxLength: 4 }),
  frames: fc.subarray(BZL),
  value: fc.constantFrom('1', '2'),
  generates: fc.boolean(),
});
const packageArbitrary: fc.Arbitrary<Package | undefined> = fc.option(
  fc.record({
    rules: fc.uniqueArray(ruleArbitrary, { maxLength: 3, selector: ({ name }) => name }),
    sources: fc.subarray([...FILES, 'sub']),
    groups: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('g0', 'g1'),
        packages: fc.subarray(['//a', '//c/...']),
        includes: fc.subarray(['//a:g0', '//c:g1', '//:g0']),
      }),
      { maxLength: 2, selector: ({ name }) => name },
    ),
  }),
  { nil: undefined, freq: 5 },
);
const fileArbitrary: fc.Arbitrary<File> = fc.option(
  fc.record({ content: fc.constantFrom('one', 'two', ''), executable: fc.boolean() }),
  { nil: undefined, freq: 4 },
);
const commitArbitrary: fc.Arbitrary<Commit> = fc.record({
  packages: fc.record(Object.fromEntries(PACKAGES.map((name) => [name, packageArbitrary]))),
  files: fc.record(Object.fromEntries(PATHS.map((path) => [path, fileArbitrary]))),
});

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dewar merged-'));
});
afterAll(() => rmSync(root, { recursive: true }));

test('packages that were asked again give, merged into the graph before, the graph after', async () => {
  const seen = { merged: 0, refused: 0, impacted: 0 };
  const indexPath = join(root, 'graph.idx');
  await fc.assert(
    fc.asyncProperty(
      commitArbitrary,
      fc.subarray(PACKAGES),
      fc.subarray(PATHS),
      commitArbitrary,
      async (before, asked, paths, other) => {
        const first = await whole(before);
        fc.pre(!(first instanceof DewarError) && first.table.hasStacks());
        assert(!(first instanceof DewarError));
        await writeGraphIndex(indexPath, IDENTITY, { graph: first, moduleGraphJson: undefined }, FACTS);
        const starting = toHashesDocument(first, SELECTION);

        const after: Commit = {
          packages: { ...before.packages, ...pick(other.packages, asked) },
          files: { ...before.files, ...pick(other.files, paths) },
        };
        // A package that loads a changed .bzl file is always asked again.
        const packages = PACKAGES.filter(
          (name) => asked.includes(name) || loadsOneOf(before.packages[name], paths),
        );
        const changes = paths.flatMap((path) => changeOf(path, before.files[path], after.files[path]));
        const expected = await whole(after);
        using index = await readGraphIndex(indexPath, IDENTITY);
        const frames = [encode(pick(after.packages, packages))];
        const merged = async (): Promise<TypedLabel[]> =>
          impactOfPackages(index, packages)({ frames, changes, settings: SETTINGS() });
        const impacted = await unlessRefused(merged());
        const mustRefuse = expected instanceof DewarError || !expected.table.hasStacks();
        expect(impacted instanceof DewarError).toBe(mustRefuse);
        if (impacted instanceof DewarError || expected instanceof DewarError) {
          seen.refused++;
          return;
        }
        const final = toHashesDocument(expected, SELECTION);
        expect(formatGraphHashes(index.graph, SELECTION, undefined).toString()).toBe(
          formatGraphHashes(expected, SELECTION, undefined).toString(),
        );
        expect(impacted.map(({ label }) => label).toSorted()).toEqual(
          [...hashDifference(starting, final)].toSorted(),
        );
        for (const { label, type } of impacted)
          expect(final.hashes.get(label)?.startsWith(`${type}#`)).toBe(true);
        seen.merged++;
        seen.impacted += impacted.length;
      },
    ),
    { numRuns: RUNS },
  );
  // Else the test would show nothing.
  expect(seen.merged).toBeGreaterThan(RUNS / 4);
  expect(seen.impacted).toBeGreaterThan(RUNS);
  expect(seen.refused).toBeGreaterThan(0);
});

const IDENTITY = { commit: '', fingerprint: '' };
const SEED = hash('sha256', '', 'buffer');
const FACTS = {
  seed: SEED.toString('hex'),
  configured: false,
  includeTargetType: true,
  bzlmod: false,
  fineGrainedRepos: [],
  readPaths: [],
  sharedDirectories: [],
  repositoryBzl: [],
  loads: NO_LOADS,
};

function SETTINGS(): HashSettings {
  return {
    workspacePath: join(root, 'tree'),
    configured: false,
    fineGrainedRepos: [],
    ignoredAttributes: [],
    alwaysAffectedTags: [],
    seed: SEED,
    keepDependencies: false,
    includePackageGroups: true,
  };
}

/** Makes the tree be that of a commit, and hashes all of its graph. */
async function whole({ packages, files }: Commit): Promise<HashedGraph | DewarError> {
  const tree = join(root, 'tree');
  rmSync(tree, { recursive: true, force: true });
  for (const name of PACKAGES)
    if (packages[name] !== undefined) mkdirSync(join(tree, name), { recursive: true });
  for (const [path, file] of Object.entries(files)) {
    if (file === undefined) continue;
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), file.content, { mode: file.executable ? 0o755 : 0o644 });
  }
  using session = new HashSession(SETTINGS());
  const input = session.input('query');
  input.push(encode(packages));
  input.end();
  return await unlessRefused(session.finish());
}

async function unlessRefused<T>(work: Promise<T>): Promise<T | DewarError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DewarError) return error;
    throw error;
  }
}

function encode(packages: Commit['packages']): Buffer {
  const targets = Object.entries(packages).flatMap(([name, content]) =>
    content === undefined ? [] : targetsOf(name, content),
  );
  return Buffer.from(encodeQueryOutput(targets));
}

function targetsOf(name: string, { rules, sources, groups }: Package): TargetData[] {
  const ruleNames = new Set(rules.map((rule) => rule.name));
  return [
    {
      kind: 'SourceFile',
      name: `//${name}:BUILD`,
      subincludes: [...new Set(rules.flatMap(({ frames }) => frames))].map(bzlLabel),
    },
    ...rules.map((rule): TargetData => ({
      kind: 'Rule',
      name: `//${name}:${rule.name}`,
      ruleClass: 'thing',
      attributes: [{ name: 'value', type: 2, stringValue: rule.value }],
      ruleInputs: rule.inputs,
      ruleOutputs: rule.generates ? [`//${name}:${rule.name}.out`] : [],
      instantiationStack: [
        `${name}/BUILD:1:1: <toplevel>`,
        ...rule.frames.map((path) => `${path}:1:1: macro`),
      ],
    })),
    ...rules.flatMap((rule): TargetData[] =>
      rule.generates
        ? [
            {
              kind: 'GeneratedFile',
              name: `//${name}:${rule.name}.out`,
              generatingRule: `//${name}:${rule.name}`,
            },
          ]
        : [],
    ),
    ...sources
      .filter((file) => !ruleNames.has(file))
      .map((file): TargetData => ({ kind: 'SourceFile', name: `//${name}:${file}`, subincludes: [] })),
    ...groups.map((group): TargetData => ({
      kind: 'PackageGroup',
      name: `//${name}:${group.name}`,
      containedPackages: group.packages,
      includedPackageGroups: group.includes,
    })),
  ];
}

function bzlLabel(path: string): string {
  return `//${dirname(path)}:${path.slice(dirname(path).length + 1)}`;
}

function loadsOneOf(content: Package | undefined, paths: readonly string[]): boolean {
  return content?.rules.some(({ frames }) => frames.some((frame) => paths.includes(frame))) ?? false;
}

function changeOf(path: string, before: File, after: File): PathChange[] {
  if (before?.content === after?.content && before?.executable === after?.executable) return [];
  const mode = (file: File): string | undefined =>
    file === undefined ? undefined : file.executable ? '100755' : '100644';
  const status = before === undefined ? 'added' : after === undefined ? 'deleted' : 'modified';
  return [{ path, status, oldMode: mode(before), newMode: mode(after) }];
}

function pick<T>(all: Record<string, T>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(keys.map((key) => [key, all[key] as T]));
}
