import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeAttribute, encodeQueryOutput } from '../../support/proto/build-proto.ts';
import type { TargetData } from '../../support/proto/build-proto.ts';
import { decodeTargets } from '../../reference/decode-proto.ts';
import { referenceHashes } from '../../reference/reference-hashes.ts';
import type { ReferenceOptions } from '../../reference/reference-hashes.ts';
import type { ReferenceResult } from '../../reference/reference-result.ts';

/*
 * The expected values are put together here from the sentences of the format, one digest at a time, so that a mistake in
 * the reference's structure cannot confirm itself.
 */

let workspace: string;

beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'dewar-reference-'));
  mkdirSync(join(workspace, 'a/dir'), { recursive: true });
  writeFileSync(join(workspace, 'a/x.txt'), 'ex');
  writeFileSync(join(workspace, 'a/run.sh'), 'run');
  chmodSync(join(workspace, 'a/run.sh'), 0o755);
  writeFileSync(join(workspace, 'a/é.txt'), 'latin');
  writeFileSync(join(workspace, 'a/defs.bzl'), 'def');
  writeFileSync(join(workspace, 'top.bzl'), 'top');
});
afterAll(() => rmSync(workspace, { recursive: true }));

const SEED = digest();
const NO_SUBINCLUDES = (label: string): Buffer => digest(label);

describe('source files', () => {
  test.each([
    ['regular', '//a:x.txt', ['ex', '\u0001', '\u0000']],
    ['executable, with @', '@//a:run.sh', ['run', '\u0001', '\u0001']],
    ['root package', '@@//:top.bzl', ['top', '\u0001', '\u0000']],
    ['missing', '//a:none', ['\u0000']],
    ['directory', '//a:dir', []],
    ['non-ASCII as Bazel prints it', '//a:Ã©.txt', ['latin', '\u0001', '\u0000']],
  ])('%s', (_, label, content) => {
    const fileDigest = digest(...content, NO_SUBINCLUDES(label), label);
    expect(hashOf([source(label)], label)).toEqual(same('SourceFile', digest(fileDigest, SEED)));
  });

  test('of another repo: sha256 of nothing', () => {
    expect(hashOf([source('@inner//:in.txt')], '@inner//:in.txt')).toEqual(
      same('SourceFile', digest(digest(), SEED)),
    );
  });

  test('subincludes, package seed, seeds', () => {
    const file = digest('ex', '\u0001\u0000', digest('//a:x.txt', '//a:defs.bzl', '//a:no.bzl'), '//a:x.txt');
    const bzl = digest('def', '\u0001\u0000', '//a:defs.bzl');
    const expected = digest(file, digest('seed1', 'seed2'), digest('//a:defs.bzl', bzl));
    const targets = [source('//a:x.txt', ['//a:defs.bzl', '//a:no.bzl'])];
    const options = { seeds: [Buffer.from('seed1'), Buffer.from('seed2')] };
    expect(hashOf(targets, '//a:x.txt', options)).toEqual(same('SourceFile', expected));
  });

  test('content hashes need no file; files that are not modified give no bytes', () => {
    const given = digest('abc', '\u0001\u0000', NO_SUBINCLUDES('//a:none'), '//a:none');
    const options = {
      contentHashes: new Map([['a/none', 'abc']]),
      modifiedFilePaths: ['a/run.sh', './a/x.txt'],
    };
    expect(hashOf([source('//a:none')], '//a:none', options)).toEqual(
      same('SourceFile', digest(given, SEED)),
    );
    const unmodified = digest('\u0001\u0000', NO_SUBINCLUDES('//a:x.txt'), '//a:x.txt');
    expect(hashOf([source('//a:x.txt')], '//a:x.txt', options)).toEqual(
      same('SourceFile', digest(unmodified, SEED)),
    );
    const modified = digest('run', '\u0001\u0001', NO_SUBINCLUDES('//a:run.sh'), '//a:run.sh');
    expect(hashOf([source('//a:run.sh')], '//a:run.sh', options)).toEqual(
      same('SourceFile', digest(modified, SEED)),
    );
  });
});

describe('rules', () => {
  test('attributes by name, inputs in order, a generated file as its rule', () => {
    const attributes = [
      { name: 'z', type: 2, stringValue: '1' },
      { name: 'generator_location', type: 2, stringValue: 'BUILD:1' },
      { name: 'a', type: 5, stringListValue: ['p', 'q'] },
      { name: 'z', type: 2, stringValue: '0' },
    ];
    const targets: TargetData[] = [
      {
        ...rule('//a:top', ['//a:x.txt', '//a:low.out', '//a:defs.bzl', '//a:unknown', '//a:low.out']),
        attributes,
      },
      { kind: 'GeneratedFile', name: '//a:low.out', generatingRule: '//a:low' },
      source('//a:x.txt'),
      rule('//a:low', []),
    ];
    const low = digest(digest('genrule', '//a:low'), SEED);
    const lowOverall = digest(low);
    const file = digest('ex', '\u0001\u0000', NO_SUBINCLUDES('//a:x.txt'), '//a:x.txt');
    const bzl = digest('def', '\u0001\u0000', '//a:defs.bzl');
    const encoded = [attributes[2], attributes[0], attributes[3]].map((a) =>
      a === undefined ? '' : encodeAttribute(a),
    );
    const own = digest('genrule', '//a:top', ...encoded);
    const direct = digest(own, SEED, '//a:defs.bzl', bzl, '//a:low.out', '//a:unknown', '//a:x.txt', file);
    const result = run(targets);
    expect(result.hashes.get('//a:top')).toEqual(pair('Rule', digest(lowOverall, direct), direct));
    expect(result.hashes.get('//a:low.out')).toEqual(pair('GeneratedFile', lowOverall, low));
    expect(Object.fromEntries(result.depEdges)).toEqual({
      '//a:top': ['//a:low.out'],
      '//a:low': [],
      '//a:low.out': ['//a:low'],
    });
  });

  test('stack: the files that exist, sorted, once', () => {
    const stack = [
      'top.bzl:1:1: f',
      'a/BUILD:1:1: <toplevel>',
      'a/defs.bzl:2:2: g',
      'a/defs.bzl:1:1: h',
      'no.bzl:1:1: i',
    ];
    const targets = [{ ...rule('//a:r', []), instantiationStack: [...stack, 'external/x/top.bzl:1:1: j'] }];
    const bzl = digest(
      'a/defs.bzl',
      digest('def', '\u0001\u0000', '//a/defs.bzl'),
      'top.bzl',
      digest('top', '\u0001\u0000', '//top.bzl'),
    );
    const direct = digest(digest('genrule', '//a:r'), SEED, bzl);
    expect(hashOf(targets, '//a:r')).toEqual(pair('Rule', digest(direct), direct));
  });

  test('an always-affected tag puts the random value', () => {
    const tags = { name: 'tags', type: 5, stringListValue: ['volatile'] };
    const targets = [{ ...rule('//a:r', []), attributes: [tags], environmentHash: 'env' }];
    const own = digest('genrule', '//a:r', 'env', encodeAttribute(tags));
    const direct = digest(own, SEED, 'random');
    const options = { alwaysAffectedTags: ['volatile'], randomValue: Buffer.from('random') };
    expect(hashOf(targets, '//a:r', options)).toEqual(pair('Rule', digest(direct), direct));
  });

  test('external inputs stand for their repository, but not fine-grained ones', () => {
    const targets = [
      rule('//a:r', ['@other//x:y', '@inner//x:y']),
      rule('//external:other', []),
      rule('//external:inner', []),
    ];
    const other = digest(digest(digest('genrule', '//external:other'), SEED));
    const direct = digest(digest('genrule', '//a:r'), SEED, '//external:other', '@inner//x:y', '@other//x:y');
    const options = { fineGrainedRepos: ['@in'] };
    expect(hashOf(targets, '//a:r', options)).toEqual(pair('Rule', digest(other, direct), direct));
  });

  test('own outputs and itself are inputs by their files', () => {
    const targets: TargetData[] = [
      { ...rule('//a:x.txt', ['//a:x.txt', '//a:run.sh']), ruleOutputs: ['//a:run.sh'] },
      { kind: 'GeneratedFile', name: '//a:run.sh', generatingRule: '//a:x.txt' },
    ];
    const file = digest('ex', '\u0001\u0000', '//a:x.txt');
    const output = digest('run', '\u0001\u0001', '//a:run.sh');
    const direct = digest(digest('genrule', '//a:x.txt'), SEED, '//a:run.sh', output, '//a:x.txt', file);
    expect(hashOf(targets, '//a:x.txt')).toEqual(pair('Rule', digest(direct), direct));
  });

  test('configured inputs keep their checksum in the text', () => {
    const configuredRuleInputs = [
      { label: '//a:low', configurationChecksum: 'c2' },
      { label: '//a:low', configurationChecksum: 'c1' },
    ];
    const targets = [{ ...rule('//a:r', ['//a:x.txt']), configuredRuleInputs }, rule('//a:low', [])];
    const low = digest(digest(digest('genrule', '//a:low'), SEED));
    const direct = digest(digest('genrule', '//a:r'), SEED, '//a:low|c1', '//a:low|c2');
    const result = run(targets, { mode: 'cquery' });
    expect(result.hashes.get('//a:r')).toEqual(pair('Rule', digest(low, low, direct), direct));
    expect(result.depEdges.get('//a:r')).toEqual(['//a:low', '//a:low']);
  });

  test('a cycle and an orphan are errors', () => {
    expect(() => run([rule('//a:p', ['//a:q']), rule('//a:q', ['//a:p'])])).toThrow('cycle');
    expect(() => run([{ kind: 'GeneratedFile', name: '//a:g', generatingRule: '//a:none' }])).toThrow(
      '//a:none',
    );
  });
});

function run(targets: readonly TargetData[], options: Partial<ReferenceOptions> = {}): ReferenceResult {
  return referenceHashes(decodeTargets(encodeQueryOutput(targets)), { workspace, mode: 'query', ...options });
}

function hashOf(
  targets: readonly TargetData[],
  label: string,
  options: Partial<ReferenceOptions> = {},
): unknown {
  return run(targets, options).hashes.get(label);
}

function source(name: string, subincludes: readonly string[] = []): TargetData {
  return { kind: 'SourceFile', name, subincludes };
}

function rule(name: string, ruleInputs: readonly string[]): TargetData & { kind: 'Rule' } {
  return { kind: 'Rule', name, ruleClass: 'genrule', attributes: [], ruleInputs, ruleOutputs: [] };
}

function digest(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function pair(type: string, hash: Buffer, direct: Buffer): unknown {
  return { type, hash: hash.toString('hex'), direct: direct.toString('hex') };
}

function same(type: string, hash: Buffer): unknown {
  return pair(type, hash, hash);
}
