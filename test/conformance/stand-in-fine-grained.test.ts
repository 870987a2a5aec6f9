import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeTargets } from '../reference/decode-proto.ts';
import { referenceHashes } from '../reference/reference-hashes.ts';
import { expandFineGrained } from '../reference/reference-modules.ts';
import { encodeQueryOutput } from '../support/proto/build-proto.ts';
import type { TargetData } from '../support/proto/build-proto.ts';
import { dewarBazelOk, readHashesFile } from './support/dewar-cli.ts';
import { typedValues } from './support/reference-run.ts';
import { standInBazel } from './support/stand-in-bazel.ts';
import type { StandInBazel } from './support/stand-in-bazel.ts';

const module = (name: string, dependencies: unknown[] = []): unknown => ({
  key: `${name}@1`,
  name,
  version: '1',
  apparentName: name,
  dependencies,
});

/** high -> mid -> low, with a stub in between, and a bystander; the root depends on all. */
const GRAPH = JSON.stringify({
  key: '<root>',
  name: 'fixture',
  version: '',
  apparentName: 'fixture',
  dependencies: [
    module('mid', [module('low')]),
    module('high', [{ key: 'mid@1', unexpanded: true }]),
    module('bystander', [module('leaf')]),
    { key: 'low@1', unexpanded: true },
  ],
});

const TARGETS: readonly TargetData[] = [
  {
    kind: 'Rule',
    name: '//:user',
    ruleClass: 'r',
    attributes: [],
    ruleInputs: ['@high//:file', '@bystander//:file', '@low//:file', '@lower//:file'],
    ruleOutputs: [],
  },
  ...['high', 'mid', 'low', 'bystander'].map((repo): TargetData => ({
    kind: 'SourceFile',
    name: `@${repo}//:file`,
    subincludes: [],
  })),
  ...['bystander', 'low', 'lower'].map((repo): TargetData => ({
    kind: 'Rule',
    name: `//external:${repo}`,
    ruleClass: 'local_repository',
    attributes: [],
    ruleInputs: [],
    ruleOutputs: [],
  })),
];

let standIn: StandInBazel;
beforeAll(async () => {
  standIn = await standInBazel({ 'MODULE.bazel': '' });
  for (const directory of ['high', 'mid+', 'low~1.0', 'bystander']) {
    await mkdir(join(standIn.outputBase, 'external', directory), { recursive: true });
    await writeFile(join(standIn.outputBase, 'external', directory, 'file'), `of ${directory}`);
  }
});
afterAll(() => standIn[Symbol.asyncDispose]());

test('with a stand-in Bazel: fine-grained repositories expand to the modules above them', async () => {
  const output = encodeQueryOutput(TARGETS);
  const patterns = ['low', 'mid', 'high'].map((repo) => `@${repo}//...:all-targets`);
  const location = `${standIn.outputBase}/external/low~1.0/BUILD:1:1: rule @low//:x\n`;
  await standIn.answer([
    { when: ['--version'], stdout: 'bazel 8.5.0\n' },
    { when: ['mod', 'graph'], stdout: GRAPH },
    { when: ['info', 'output_base'], stdout: `${standIn.outputBase}\n` },
    { when: ['query', 'location', '@low//...'], stdout: location },
    { when: ['query', 'streamed_proto', ...patterns], unless: ['@bystander//...'], stdout: output },
  ]);
  const target = join(standIn.directory, 'hashes.json');
  const flags = ['-w', standIn.workspace, '-b', standIn.program, '--includeTargetType'];
  await dewarBazelOk(
    ['generate-hashes', ...flags, '--fineGrainedHashExternalRepos', '@low', target],
    standIn.directory,
  );
  const expanded = expandFineGrained(['@low'], GRAPH);
  expect(expanded.toSorted()).toEqual(['@high', '@low', '@mid']);
  const expected = referenceHashes(decodeTargets(output), {
    mode: 'query',
    workspace: standIn.workspace,
    outputBase: standIn.outputBase,
    fineGrainedRepos: expanded,
    repoLocations: new Map([['low', location]]),
  });
  expect((await readHashesFile(target)).hashes).toEqual(typedValues(expected));
});
