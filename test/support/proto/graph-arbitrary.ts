import * as fc from 'fast-check';
import type { PackageGroupData, RuleData, TargetData } from './build-proto.ts';
import { attributeArbitrary } from './attribute-arbitrary.ts';
import { ODD_PATHS } from './odd-tree.ts';

export interface GraphCase {
  /** What the main query prints, in that order; a name may come twice. */
  main: readonly TargetData[];
  /** Rules `//external:…`. */
  external: readonly TargetData[];
}

const PACKAGES = ['', 'a', 'a/b', 'b', 'u\u00ee', '\ue000', '\u{1d4b3}'];
/** Each sorts differently by UTF-16 units than by code points, or needs care otherwise. */
const NAMES = ['r1', 'r 2', 'r\n3', 'R', '\u{1d4b3}', '\ue000', '\uffe6', 'p|q', '\u00c3\u00a9'];
const PREFIXES = ['//', '//', '//', '@//', '@@//', '@inner//', '@@inner~//', '@other//'];
export const EXTERNAL_REPOS: readonly string[] = ['inner', 'other', 'plus', 'inner~', 'found'];
const FRAMES = [
  'a/BUILD:1:1: <toplevel>',
  'a/defs.bzl:3:4: macro',
  'a/defs.bzl:9:1: other',
  'b/more.scl:2:2: m',
  'a/\u00c3\u00a9.bzl:1:1: m',
  'x.bzl',
  'missing.bzl:1:1: m',
  'b/folder.bzl:1:1: m',
  'external/inner/x.bzl:1:1: m',
  '@inner//:x.bzl:1:1: m',
  '../inner/x.bzl:1:1: m',
];
const SUBINCLUDES = [
  '//a:defs.bzl',
  '@//b:more.scl',
  '@@//:x.bzl',
  '//:missing.bzl',
  '//b:folder.bzl',
  '@inner//:x.bzl',
  '//a:\u00c3\u00a9.bzl',
];

const sourceLabel: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom('//', '//', '@//', '@@//'), fc.constantFrom(...ODD_PATHS))
      .map(fileLabel),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '@inner//:in.txt',
      '@inner//sub:\u00c3\u00a9.txt',
      '@inner//sub:absent.txt',
      '@@inner~//:in.txt',
      '@plus//:in.txt',
      '@found//:in.txt',
      '@@canon~//:in.txt',
      '@other//:in.txt',
      '@inner//a//b:c',
      'no-prefix:x',
    ),
  },
);

const ruleLabel: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...PREFIXES), fc.constantFrom(...PACKAGES), fc.constantFrom(...NAMES))
  .map(([prefix, pkg, name]) => `${prefix}${pkg}:${name}`);

/** Random target graphs, nearly all without cycles: a rule's inputs among the rules are earlier ones or itself. */
export const graphArbitrary: fc.Arbitrary<GraphCase> = graphs((rules, index) => rules.slice(0, index));

/** Graphs in which any rule may be an input of any other, so that many have cycles. */
export const cyclicGraphArbitrary: fc.Arbitrary<GraphCase> = graphs((rules) => rules);

function graphs(
  inputsOf: (rules: readonly string[], index: number) => readonly string[],
): fc.Arbitrary<GraphCase> {
  return fc
    .record({
      rules: fc.uniqueArray(ruleLabel, { maxLength: 12 }),
      sources: fc.uniqueArray(sourceLabel, { maxLength: 12 }),
      stacks: fc.constantFrom('none', 'some', 'all'),
      configured: fc.boolean(),
    })
    .chain((shape) =>
      fc
        .tuple(
          fc.tuple(
            ...shape.rules.map((name, index) => ruleArbitrary(name, inputsOf(shape.rules, index), shape)),
          ),
          fc.tuple(...shape.sources.map(sourceArbitrary)),
          externalRules(shape.stacks),
          fc.array(groupArbitrary(shape), { maxLength: 6 }),
        )
        .chain(([rules, sources, external, groups]) => emitted(rules, sources, external, groups)),
    );
}

function emitted(
  rules: readonly RuleData[],
  sources: readonly TargetData[],
  external: readonly TargetData[],
  groups: readonly PackageGroupData[],
): fc.Arbitrary<GraphCase> {
  const taken = new Set([...rules, ...sources].map((target) => target.name));
  const generated: TargetData[] = rules.flatMap((rule) =>
    rule.ruleOutputs
      .filter((name) => !taken.has(name))
      .map((name) => ({ kind: 'GeneratedFile' as const, name, generatingRule: rule.name })),
  );
  // A second target of the same name: the one that is printed first counts.
  const again: TargetData[] = rules.slice(0, 2).map((rule) => ({ ...rule, ruleClass: 'printed_twice' }));
  const all = [...rules, ...sources, ...generated, ...again, ...groups];
  return fc
    .shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
    .map((main) => ({ main, external }));
}

function ruleArbitrary(
  name: string,
  others: readonly string[],
  shape: { sources: readonly string[]; stacks: string },
): fc.Arbitrary<RuleData> {
  const outputs = [`${name}.out`, `${name}.z`];
  const inputPool = [
    ...others,
    ...others.map((rule) => `${rule}.out`),
    ...shape.sources,
    name,
    ...outputs,
    '//b:c|d',
    '//unknown:label',
    '@other//x:y',
    '@@inner~//x:y',
    '@inner//:BUILD',
    '@plus//a//b',
    '@lonely',
    '//external:inner',
    ...GROUPS,
  ];
  const input = fc.oneof(fc.constantFrom(...inputPool), sourceLabel);
  return fc.record({
    kind: fc.constant('Rule' as const),
    name: fc.constant(name),
    ruleClass: fc.constantFrom('genrule', 'filegroup', 'r\u00e9gle'),
    location: fc.constantFrom(undefined, '/w/BUILD:1:1'),
    attributes: fc.array(attributeArbitrary, { maxLength: 8 }),
    ruleInputs: fc.array(input, { maxLength: 8 }),
    ruleOutputs: fc.subarray(outputs),
    defaultSettings: fc.constantFrom([], ['//:setting']),
    environmentHash: fc.constantFrom(undefined, '', 'abc123'),
    instantiationStack: stackArbitrary(shape.stacks),
    configuredRuleInputs: fc.array(
      fc.record({ label: input, configurationChecksum: fc.constantFrom(undefined, 'c1', 'c2') }),
      { maxLength: 8 },
    ),
  });
}

const GROUPS = ['//pg:one', '//pg:two', '//pg:\u{1d4b3}', '//pg:\ue000', '//a:defs.bzl'];

/** Groups that include each other, themselves, what is a rule or a file, and what is not there; some come twice. */
function groupArbitrary(shape: {
  rules: readonly string[];
  sources: readonly string[];
}): fc.Arbitrary<PackageGroupData> {
  const labels = fc.constantFrom(...GROUPS, ...shape.rules, ...shape.sources, '@inner//pg:one', '//pg:none');
  return fc.record({
    kind: fc.constant('PackageGroup' as const),
    name: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...GROUPS) }, labels),
    containedPackages: fc.array(
      fc.constantFrom('//a', '//a/...', '-//a/b', '//...', 'public', 'b/...', '//\u{1d4b3}', '//\ue000'),
      { maxLength: 5 },
    ),
    includedPackageGroups: fc.array(labels, { maxLength: 4 }),
  });
}

/** `//external:…` rules depend on files only, so that derived inputs make no cycle. */
function externalRules(stacks: string): fc.Arbitrary<RuleData[]> {
  return fc.subarray([...EXTERNAL_REPOS]).chain((repos) =>
    fc.tuple(
      ...repos.map((repo) =>
        fc.record({
          kind: fc.constant('Rule' as const),
          name: fc.constant(`//external:${repo}`),
          ruleClass: fc.constantFrom('local_repository', 'http_archive'),
          attributes: fc.array(attributeArbitrary, { maxLength: 4 }),
          ruleInputs: fc.subarray(['//a:x.txt', '//external:WORKSPACE', `//external:${repo}`]),
          ruleOutputs: fc.constant([]),
          instantiationStack: stackArbitrary(stacks),
        }),
      ),
    ),
  );
}

function stackArbitrary(stacks: string): fc.Arbitrary<readonly string[] | undefined> {
  if (stacks === 'none') return fc.constant(undefined);
  const stack: fc.Arbitrary<readonly string[] | undefined> = fc.array(fc.constantFrom(...FRAMES), {
    minLength: 1,
    maxLength: 5,
  });
  return stacks === 'all' ? stack : fc.option(stack, { nil: undefined });
}

function sourceArbitrary(name: string): fc.Arbitrary<TargetData> {
  return fc.record({
    kind: fc.constant('SourceFile' as const),
    name: fc.constant(name),
    subincludes: fc.array(fc.constantFrom(...SUBINCLUDES), { maxLength: 4 }),
  });
}

/** `a/b/c` -> `//a/b:c`, or `//a:b/c`: a file's label by the name of some package above it. */
function fileLabel([prefix, path]: readonly [string, string]): string {
  const slash = path.includes('/\u00c3') ? path.indexOf('/') : path.lastIndexOf('/');
  return slash === -1 ? `${prefix}:${path}` : `${prefix}${path.slice(0, slash)}:${path.slice(slash + 1)}`;
}
