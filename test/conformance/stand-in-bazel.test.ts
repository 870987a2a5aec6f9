import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { decodeRepositories, decodeTargets } from '../reference/decode-proto.ts';
import type { ReferenceTarget } from '../reference/decode-proto.ts';
import { referenceHashes } from '../reference/reference-hashes.ts';
import { externalRules } from '../reference/reference-modules.ts';
import { encodeQueryOutput, encodeRepositories } from '../support/proto/build-proto.ts';
import type { RepositoryData, TargetData } from '../support/proto/build-proto.ts';
import { dewarBazel, dewarBazelOk, readHashesFile } from './support/dewar-cli.ts';
import type { CliResult } from './support/dewar-cli.ts';
import { typedValues } from './support/reference-run.ts';
import { standInBazel } from './support/stand-in-bazel.ts';
import type { StandInAnswer, StandInBazel } from './support/stand-in-bazel.ts';

const TARGETS: readonly TargetData[] = [
  {
    kind: 'Rule',
    name: '//a:r',
    ruleClass: 'genrule',
    attributes: [{ name: 'srcs', type: 6, stringListValue: ['//a:x'] }],
    ruleInputs: ['//a:x', '@mid//:lib', '@low//:lib'],
    ruleOutputs: ['//a:r.out'],
    instantiationStack: ['a/BUILD:1:1: <toplevel>'],
  },
  { kind: 'GeneratedFile', name: '//a:r.out', generatingRule: '//a:r' },
  { kind: 'SourceFile', name: '//a:x', subincludes: [] },
];
const OUTPUT = encodeQueryOutput(TARGETS);

const REPOSITORIES: readonly RepositoryData[] = [
  repository('mid+', 'http_archive', [['url', 'https://example.com/mid']]),
  repository('low+', 'local_repository', [['path', 'third_party/low']]),
  repository('top+', undefined, []),
  repository('mid++ext+tool', 'tool_repo', [['version', '1']]),
];
const MAPPING = {
  '': '',
  fixture: '',
  mid: 'mid+',
  low: 'low+',
  also_low: 'low+',
  top: 'top+',
  tool: 'mid++ext+tool',
  bazel_tools: 'bazel_tools',
  local_config_platform: 'local_config_platform',
  java: 'rules_java_builtin',
};
const module = (name: string, dependencies: unknown[] = []): unknown => ({
  key: `${name}@1`,
  name,
  version: '1',
  apparentName: name,
  dependencies,
});
const GRAPH = `${JSON.stringify({
  key: '<root>',
  name: 'fixture',
  version: '',
  apparentName: 'fixture',
  dependencies: [
    // low and mid depend on each other.
    module('mid', [module('low', [{ key: 'mid@1', unexpanded: true }])]),
    module('top', [
      { key: 'mid@1', unexpanded: true },
      { key: 'low@1', unexpanded: true },
    ]),
  ],
  root: true,
})}\n`;

const errorJson = z.object({ code: z.string(), message: z.string(), mend: z.string() });

const QUERY = ['query', 'streamed_proto'];
const NO_MOD: readonly StandInAnswer[] = [{ when: ['mod'], exit: 2, stderr: "Command 'mod' not found.\n" }];
const BZLMOD: readonly StandInAnswer[] = [
  { when: ['mod', 'graph', '--output=json'], stdout: GRAPH },
  { when: ['mod', 'graph'], stdout: 'fixture\n' },
  { when: ['mod', 'dump_repo_mapping', ''], stdout: `${JSON.stringify(MAPPING)}\n` },
  {
    when: ['mod', 'show_repo', '@@mid+', '@@low+', '@@top+', '@@mid++ext+tool'],
    stdout: encodeRepositories(REPOSITORIES),
  },
];
const version = (text: string): StandInAnswer => ({ when: ['--version'], stdout: `bazel ${text}\n` });

let standIn: StandInBazel;
let target: string;

beforeAll(async () => {
  standIn = await standInBazel({
    'MODULE.bazel': '',
    'a/BUILD': '',
    'a/x': 'ex',
    'third_party/low/BUILD': 'low',
    'third_party/low/sub/file': 'below',
    'third_party/low/MODULE.bazel.lock': 'changes often',
  });
  target = join(standIn.directory, 'hashes.json');
});
afterAll(() => standIn[Symbol.asyncDispose]());
beforeEach(() => standIn.answer([]));

describe('with a stand-in for Bazel >= 8.6: repositories of bzlmod as rules', () => {
  test('mod dump_repo_mapping and mod show_repo', async () => {
    await standIn.answer([
      version('8.6.0'),
      ...BZLMOD,
      lacksExternal('//external:all-targets'),
      { when: QUERY, stdout: OUTPUT },
    ]);
    const file = await generate();
    expect(file.hashes).toEqual(reference([...decodeTargets(OUTPUT), ...repositoryRules()]));
    expect([...file.hashes.keys()].filter((label) => label.startsWith('//external:'))).toEqual([
      '//external:also_low',
      '//external:low',
      '//external:mid',
      '//external:tool',
      '//external:top',
    ]);
    expect(file.moduleGraphJson).toBe(GRAPH.trim());
  });

  test('a repository that //external has too counts as //external says', async () => {
    const mid = { ...TARGETS[0], name: '//external:mid', ruleInputs: [] } as TargetData;
    const output = encodeQueryOutput([...TARGETS, mid]);
    await standIn.answer([version('8.6.1'), ...BZLMOD, { when: QUERY, stdout: output }]);
    expect((await generate()).hashes).toEqual(reference([...decodeTargets(output), ...repositoryRules()]));
  });

  test.each([
    ['show_repo fails', { when: ['show_repo'], exit: 2, stderr: 'ERROR: no\n' }],
    ['dump_repo_mapping fails', { when: ['dump_repo_mapping'], exit: 2, stderr: 'ERROR: no\n' }],
  ])('%s: a warning, and the rest as before', async (_, failing) => {
    await standIn.answer([version('8.6.0'), failing, ...BZLMOD, { when: QUERY, stdout: OUTPUT }]);
    const { stderr } = await dewarBazelOk(generateFlags(), standIn.directory);
    expect(stderr).toMatch(/warning/i);
    expect((await readHashesFile(target)).hashes).toEqual(reference(decodeTargets(OUTPUT)));
  });

  test.each(['8.5.1', '9.0.0'])('Bazel %s is not asked', async (text) => {
    await standIn.answer([version(text), ...BZLMOD, { when: QUERY, stdout: OUTPUT }]);
    expect((await generate()).hashes).toEqual(reference(decodeTargets(OUTPUT)));
    expect((await standIn.calls()).flat()).not.toContain('show_repo');
  });
});

describe('with a stand-in for a Bazel without //external', () => {
  test.each(["no such package 'external'", '//external package is not available'])('%s', async (message) => {
    const missing: StandInAnswer = {
      when: [...QUERY, '//external:all-targets'],
      exit: 7,
      stderr: `ERROR: ${message}\n`,
    };
    await standIn.answer([version('8.4.0'), ...NO_MOD, missing, { when: QUERY, stdout: OUTPUT }]);
    expect((await generate()).hashes).toEqual(reference(decodeTargets(OUTPUT)));
  });

  test('another failure is not tried again', async () => {
    await standIn.answer([
      version('8.4.0'),
      ...NO_MOD,
      { when: QUERY, exit: 7, stderr: 'ERROR: something else\n' },
    ]);
    expect(await errorOf()).toMatchObject({
      code: 'BAZEL_FAILED',
      message: expect.stringContaining('something else') as unknown,
    });
    expect((await standIn.calls()).filter((args) => args.includes('query'))).toHaveLength(1);
  });
});

describe('with a stand-in for a Bazel that lacks options or a version', () => {
  test.each(['--proto:instantiation_stack', '--output_file', '--query_file'])(
    '%s is rejected',
    async (option) => {
      const rejection: StandInAnswer = {
        when: ['query', option],
        exit: 2,
        stderr: `ERROR: ${option} :: Unrecognized option: ${option}\n`,
      };
      await standIn.answer([version('8.2.0'), ...NO_MOD, rejection, { when: QUERY, stdout: OUTPUT }]);
      expect((await generate()).hashes).toEqual(reference(decodeTargets(OUTPUT)));
    },
  );

  test('an option of the user that is rejected is an error', async () => {
    const rejection: StandInAnswer = {
      when: ['query', '--bad'],
      exit: 2,
      stderr: 'ERROR: --bad :: Unrecognized option: --bad\n',
    };
    await standIn.answer([version('8.2.0'), ...NO_MOD, rejection, { when: QUERY, stdout: OUTPUT }]);
    expect(await errorOf(['-co', '--bad'])).toMatchObject({ code: 'BAZEL_FAILED' });
  });

  test.each<[string, StandInAnswer]>([
    ['fails', { when: ['--version'], exit: 2, stderr: 'ERROR: unstamped\n' }],
    ['is no_version', version('no_version')],
    ['is odd', version('8.x-head (@non-git)')],
  ])('the version %s: what Bazel can do is found out', async (_, answer) => {
    await standIn.answer([answer, ...BZLMOD, { when: QUERY, stdout: OUTPUT }]);
    const file = await generate();
    expect(file.moduleGraphJson).toBe(GRAPH.trim());
    expect(file.hashes).toEqual(reference([...decodeTargets(OUTPUT), ...repositoryRules()]));
  });
});

const NO_OUTPUT_FILE: StandInAnswer = {
  when: ['query', '--output_file'],
  exit: 2,
  stderr: 'ERROR: --output_file :: Unrecognized option: --output_file\n',
};

describe.each([
  { by: 'file', rejections: [] },
  { by: 'stdout', rejections: [NO_OUTPUT_FILE] },
])('with a stand-in for a Bazel that goes wrong, output by $by', ({ rejections }) => {
  const bazel = [version('7.0.0'), ...NO_MOD, ...rejections];

  test.each([
    ['garbage', Buffer.from('//a:r\n//a:x\n'.repeat(10_000)), 'BAD_QUERY_OUTPUT'],
    ['truncated output', OUTPUT.subarray(0, -1), 'BAD_QUERY_OUTPUT'],
    ['a cycle', encodeQueryOutput([rule('//a:p', '//a:q'), rule('//a:q', '//a:p')]), 'DEPENDENCY_CYCLE'],
    ['an output without its rule', encodeQueryOutput(TARGETS.slice(1)), 'MISSING_GENERATING_RULE'],
  ])('%s', async (_, stdout, code) => {
    await standIn.answer([...bazel, { when: QUERY, stdout }]);
    expect(await errorOf()).toMatchObject({ code, mend: expect.stringMatching(/./) as unknown });
    await expect(access(target)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('killed half-way through its output', async () => {
    await standIn.answer([...bazel, { when: QUERY, stdout: OUTPUT.subarray(0, 40), signal: 'SIGKILL' }]);
    expect((await errorOf()).code).toMatch(/^(BAZEL_FAILED|BAD_QUERY_OUTPUT)$/);
    await expect(access(target)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('killed after whole frames is no shorter graph', async () => {
    await standIn.answer([...bazel, { when: QUERY, stdout: OUTPUT, signal: 'SIGTERM' }]);
    expect(await errorOf()).toMatchObject({ code: 'BAZEL_FAILED' });
  });

  test('exit 3 is a success with --keep_going, with a warning, and else a failure', async () => {
    await standIn.answer([
      ...bazel,
      { when: QUERY, stdout: OUTPUT, exit: 3, stderr: 'ERROR: package contains errors: b\n' },
    ]);
    const { stderr } = await dewarBazelOk(generateFlags(), standIn.directory);
    expect(stderr).toContain('package contains errors: b');
    expect((await readHashesFile(target)).hashes).toEqual(reference(decodeTargets(OUTPUT)));
    expect(await errorOf(['--no-keep_going'])).toMatchObject({ code: 'BAZEL_FAILED' });
  });
});

async function generate(): ReturnType<typeof readHashesFile> {
  await dewarBazelOk(generateFlags(), standIn.directory);
  return readHashesFile(target);
}

/** Runs a generate-hashes that must fail, without what an earlier test wrote. */
async function errorOf(flags: readonly string[] = []): Promise<z.infer<typeof errorJson>> {
  await rm(target, { force: true });
  const result: CliResult = await dewarBazel([...generateFlags(), ...flags, '--json'], standIn.directory);
  if (result.exitCode !== 1) throw new Error(`exit ${result.exitCode}\n${result.stderr}`);
  const last = result.stderr.trim().split('\n').at(-1) ?? '';
  return errorJson.parse(JSON.parse(last));
}

function generateFlags(): string[] {
  return ['generate-hashes', '-w', standIn.workspace, '-b', standIn.program, '--includeTargetType', target];
}

function lacksExternal(pattern: string): StandInAnswer {
  return { when: [...QUERY, pattern], exit: 7, stderr: "ERROR: no such package 'external': gone\n" };
}

function repositoryRules(): ReferenceTarget[] {
  return externalRules(
    MAPPING,
    decodeRepositories(encodeRepositories(REPOSITORIES)),
    GRAPH,
    standIn.workspace,
  );
}

function reference(targets: readonly ReferenceTarget[]): Map<string, string> {
  return typedValues(referenceHashes(targets, { mode: 'query', workspace: standIn.workspace }));
}

function repository(
  canonicalName: string,
  repoRuleName: string | undefined,
  attributes: readonly (readonly [string, string])[],
): RepositoryData {
  return {
    canonicalName,
    repoRuleName,
    attributes: attributes.map(([name, stringValue]) => ({ name, type: 2, stringValue })),
  };
}

function rule(name: string, input: string): TargetData {
  return { kind: 'Rule', name, ruleClass: 'r', attributes: [], ruleInputs: [input], ruleOutputs: [] };
}
