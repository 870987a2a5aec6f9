import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceDistances, referenceImpact } from '../reference/reference-impact.ts';
import type { ReferenceHashesFile } from '../reference/reference-impact.ts';
import { encodeQueryOutput } from '../support/proto/build-proto.ts';
import { dewarBazel, dewarBazelOk, readDistances } from './support/dewar-cli.ts';
import { standInBazel } from './support/stand-in-bazel.ts';
import type { StandInAnswer, StandInBazel } from './support/stand-in-bazel.ts';

/** Labels of a changed module's repository, as a Bazel prints them that has them in its hashes. */
const FINAL: ReferenceHashesFile['hashes'] = new Map([
  ['//a:user', 'Rule#1~1'],
  ['//a:changed', 'SourceFile#2~2'],
  ['//b:far', 'Rule#1~1'],
  ['@@lib+//:api', 'Rule#1~1'],
  ['@@lib+ext+sub//:x', 'Rule#1~1'],
  ['//external:lib', 'Rule#1~1'],
]);
const STARTING: ReferenceHashesFile['hashes'] = new Map([...FINAL, ['//a:changed', 'SourceFile#1~1']]);
const RDEPS = ['//a:user', '//a:new_there', '@@lib+//:api'];
const EXPRESSION = "rdeps(//..., '@@lib+//...')";

let standIn: StandInBazel;
beforeAll(async () => {
  standIn = await standInBazel({ 'MODULE.bazel': '' });
});
afterAll(() => standIn[Symbol.asyncDispose]());

const rdepsAnswer: StandInAnswer = {
  when: ['query', EXPRESSION],
  stdout: encodeQueryOutput(
    RDEPS.map((name) => ({
      kind: 'Rule',
      name,
      ruleClass: 'r',
      attributes: [],
      ruleInputs: [],
      ruleOutputs: [],
    })),
  ),
};
const rdepsFailure: StandInAnswer = {
  when: ['query', EXPRESSION],
  exit: 7,
  stderr: 'ERROR: no such repository\n',
};

const graph = (libVersion: string): string =>
  JSON.stringify({
    key: '<root>',
    name: '',
    version: '',
    apparentName: '',
    dependencies: [{ key: `lib@${libVersion}`, name: 'lib', version: libVersion, apparentName: 'lib' }],
  });

describe('with a stand-in Bazel: get-impacted-targets when a module changed', () => {
  test.each([
    ['rdeps answers', rdepsAnswer, RDEPS],
    ['rdeps fails', rdepsFailure, undefined],
  ])('%s', async (_, answer, rdeps) => {
    const input = {
      starting: { hashes: STARTING, moduleGraphJson: graph('1') },
      final: { hashes: FINAL, moduleGraphJson: graph('2') },
      rdeps: (repos: readonly string[]) => (repos.join() === 'lib+' ? rdeps : []),
      dropExternal: true,
    };
    const output = await impact(input.starting, input.final, answer);
    expect(output.labels).toEqual(referenceImpact(input).labels);
    expect(output.distances).toEqual(referenceDistances(input, new Map()));
    expect(output.labels).toContain('//a:user');
  });

  test.each([
    ['the same graph', graph('1'), graph('1')],
    ['metadata on one side only', undefined, graph('2')],
    ['no modules at all on one side', JSON.stringify({ key: '<root>', name: '' }), graph('2')],
  ])('%s: the hashes decide alone', async (_, before, after) => {
    const starting = { hashes: STARTING, moduleGraphJson: before };
    const final = { hashes: FINAL, moduleGraphJson: after };
    const output = await impact(starting, final, rdepsAnswer);
    expect(output.labels).toEqual(['//a:changed']);
    expect((await standIn.calls()).flat()).not.toContain('query');
  });

  test('a changed module without repositories in the hashes', async () => {
    const hashes = new Map([...FINAL].filter(([label]) => !label.startsWith('@@lib+//')));
    const starting = {
      hashes: new Map([...hashes, ['//a:changed', 'SourceFile#1~1']]),
      moduleGraphJson: graph('1'),
    };
    const output = await impact(starting, { hashes, moduleGraphJson: graph('2') }, rdepsAnswer);
    expect(output.labels).toEqual(['//a:changed']);
  });

  test('types that are needed and missing are an error', async () => {
    await write('plain.json', { hashes: new Map([['//a:x', '1~1']]) });
    const flags = ['-sh', 'plain.json', '-fh', 'plain.json', '-tt', 'Rule', '--json'];
    const { exitCode, stderr } = await dewarBazel([...command(), ...flags], standIn.directory);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining('"MISSING_TARGET_TYPES"') as unknown,
    });
  });
});

async function impact(
  starting: ReferenceHashesFile,
  final: ReferenceHashesFile,
  rdeps: StandInAnswer,
): Promise<{ labels: string[]; distances: Awaited<ReturnType<typeof readDistances>> }> {
  await standIn.answer([
    { when: ['--version'], stdout: 'bazel 8.5.0\n' },
    { when: ['mod', 'graph'], stdout: graph('2') },
    rdeps,
  ]);
  await write('starting.json', starting);
  await write('final.json', final);
  await writeFile(join(standIn.directory, 'edges.json'), '{}');
  const flags = [...command(), '-sh', 'starting.json', '-fh', 'final.json'];
  const { stdout } = await dewarBazelOk(flags, standIn.directory);
  await dewarBazelOk([...flags, '-d', 'edges.json', '-o', 'distances.json'], standIn.directory);
  return {
    labels: stdout.split('\n').filter((line) => line !== ''),
    distances: await readDistances(join(standIn.directory, 'distances.json')),
  };
}

function command(): string[] {
  return ['get-impacted-targets', '-w', standIn.workspace, '-b', standIn.program];
}

async function write(name: string, { hashes, moduleGraphJson }: ReferenceHashesFile): Promise<void> {
  const flat = Object.fromEntries(hashes);
  const document = moduleGraphJson === undefined ? flat : { hashes: flat, metadata: { moduleGraphJson } };
  await writeFile(join(standIn.directory, name), JSON.stringify(document));
}
