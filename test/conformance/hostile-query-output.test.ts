import { tmpdir } from 'node:os';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashTargets } from '../../src/bazel/hash/hash-targets.ts';
import { DewarError } from '../../src/core/errors.ts';
import { encodeCqueryResult, encodeQueryOutput, encodeStreamedCquery } from '../support/proto/build-proto.ts';
import type { TargetData } from '../support/proto/build-proto.ts';
import { graphArbitrary } from '../support/proto/graph-arbitrary.ts';
import { splitFrames } from '../reference/decode-proto.ts';

type Framing = 'query' | 'cquery-streamed' | 'cquery-whole';
const FRAMINGS: readonly Framing[] = ['query', 'cquery-streamed', 'cquery-whole'];

/** What an undecodable or impossible stream may end in. A NUL in a label is no path that can be read. */
const TYPED = /^(BAD_QUERY_OUTPUT|DEPENDENCY_CYCLE|MISSING_GENERATING_RULE|SOURCE_UNREADABLE)$/;

const TARGETS: readonly TargetData[] = [
  {
    kind: 'Rule',
    name: '//a:r',
    ruleClass: 'genrule',
    attributes: [
      { name: 'srcs', type: 6, stringListValue: ['//a:x', '//a:é'] },
      { name: 'cmd', type: 2, stringValue: 'x'.repeat(300) },
    ],
    ruleInputs: ['//a:x', '@other//:y'],
    ruleOutputs: ['//a:r.out'],
    instantiationStack: ['a/BUILD:1:1: <toplevel>'],
    configuredRuleInputs: [{ label: '//a:x', configurationChecksum: 'c' }],
  },
  { kind: 'SourceFile', name: '//a:x', subincludes: ['//a:defs.bzl'] },
  { kind: 'PackageGroup', name: '//a:group', containedPackages: ['//...'], includedPackageGroups: ['//a:g'] },
  { kind: 'GeneratedFile', name: '//a:r.out', generatingRule: '//a:r' },
];

describe.each(FRAMINGS)('%s', (framing) => {
  const bytes = encode(framing, TARGETS);

  test('cut into two chunks at every byte, and into single bytes', async () => {
    const whole = await hash(framing, [bytes]);
    expect(whole.size).toBe(4);
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(await hash(framing, [bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(
        whole,
      );
    expect(
      await hash(
        framing,
        [...bytes].map((byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(whole);
  });

  test('truncated at every byte: a typed error, or the frames so far', async () => {
    const ends = frameEnds(framing, bytes);
    const codes: (string | undefined)[] = [];
    for (let length = 0; length < bytes.length; length++)
      codes.push(await failureCode(framing, [bytes.subarray(0, length)]));
    // Where all frames are whole there is a graph: the rule comes before its output.
    expect(codes).toEqual(codes.map((_, length) => (ends.has(length) ? undefined : 'BAD_QUERY_OUTPUT')));
  });

  test('random bytes: a typed error or a result', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (random) => expectTyped(framing, [random])),
      { numRuns: 1000 },
    );
    expect.hasAssertions();
  });

  test('real frames with some bytes changed: a typed error or a result', async () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        graphArbitrary,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (graph, changes) => {
          const changed = encode(framing, graph.main);
          if (changed.length > 0) for (const [at, byte] of changes) changed[at % changed.length] = byte;
          await expectTyped(framing, [changed]);
        },
      ),
      { numRuns: 300 },
    );
    expect.hasAssertions();
  });
});

test.each([
  ['a length of 2^35 bytes', [0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['a length beyond 64 bits', Array.from({ length: 12 }, () => 0xff)],
  ['a text output', [...Buffer.from('//a:b\n//c:d\n')]],
  ['an error page', [...Buffer.from('<html><body>502</body></html>')]],
  ['a target without its message', [2, 0x08, 1]],
  ['a group', [4, 0x08, 1, 0x13, 0x14]],
])('%s instead of frames', async (_, bytes) => {
  expect(await failure('query', [Uint8Array.from(bytes)])).toMatchObject({
    name: 'DewarError',
    code: 'BAD_QUERY_OUTPUT',
    mend: expect.stringMatching(/./) as unknown,
  });
});

test('no output at all is an empty graph', async () => {
  expect([...(await hash('query', []))]).toEqual([]);
});

async function expectTyped(framing: Framing, chunks: Iterable<Uint8Array>): Promise<void> {
  expect((await failureCode(framing, chunks)) ?? 'BAD_QUERY_OUTPUT').toMatch(TYPED);
}

/** @returns the code of a DewarError, the text of another error, undefined without one */
async function failureCode(framing: Framing, chunks: Iterable<Uint8Array>): Promise<string | undefined> {
  const error = await failure(framing, chunks);
  return error instanceof DewarError || error === undefined ? error?.code : JSON.stringify(error);
}

async function failure(framing: Framing, chunks: Iterable<Uint8Array>): Promise<unknown> {
  try {
    await hash(framing, chunks);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function hash(framing: Framing, chunks: Iterable<Uint8Array>): Promise<ReadonlyMap<string, string>> {
  const { hashes } = await hashTargets([chunks], {
    workspacePath: tmpdir(),
    framings: [framing],
    configured: framing !== 'query',
    includePackageGroups: true,
  });
  return hashes.hashes;
}

function encode(framing: Framing, targets: readonly TargetData[]): Uint8Array {
  if (framing === 'query') return encodeQueryOutput(targets);
  return framing === 'cquery-streamed' ? encodeStreamedCquery(targets) : encodeCqueryResult(targets);
}

/** The offsets at which a stream may end without being cut off. */
function frameEnds(framing: Framing, bytes: Uint8Array): ReadonlySet<number> {
  const ends = new Set([0]);
  if (framing === 'cquery-whole') {
    // Each result is a field of the one message: its end is where the encoding of fewer targets ends.
    for (let count = 1; count <= TARGETS.length; count++)
      ends.add(encode(framing, TARGETS.slice(0, count)).length);
    return ends;
  }
  for (const frame of splitFrames(bytes)) ends.add(frame.byteOffset - bytes.byteOffset + frame.length);
  return ends;
}
