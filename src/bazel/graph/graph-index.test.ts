import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DigestList, Int32List } from '../../core/columns.ts';
import type { HashedGraph } from '../hash/hash-session.ts';
import { HeuristicDigests } from '../hash/heuristic-digests.ts';
import { digestGraph } from '../hash/graph-digests.ts';
import { KIND, NO_STACK, TargetTable } from '../hash/target-table.ts';
import { readGraphIndex, writeGraphIndex } from './graph-index.ts';
import type { GraphFacts, GraphIndex, IndexIdentity } from './graph-index.ts';
import { impactOfContents } from './impact-of-contents.ts';
import { NO_LOADS } from './known-loads.ts';

const COMMIT = 'a'.repeat(40);
const IDENTITY: IndexIdentity = { commit: COMMIT, fingerprint: 'f'.repeat(64) };
const SEED = Buffer.alloc(32, 7);
/** So many that each column has several pages. */
const RULES = 3000;

let directory: string;
let path: string;
let file: Buffer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-index-'));
  path = join(directory, 'graph.idx');
  await writeGraphIndex(path, IDENTITY, { graph: graphOfChains(), moduleGraphJson: '{}' }, factsOf());
  file = await readFile(path);
});

afterAll(() => rm(directory, { recursive: true }));

describe('an index', () => {
  it('gives the graph that was written', async () => {
    const { graph } = await whole(path);
    const before = graphOfChains();
    expect(graph.table.toSections().map(([name]) => name)).toEqual(
      before.table.toSections().map(([name]) => name),
    );
    expect(Buffer.compare(graph.ruleOverall.toBytes(), before.ruleOverall.toBytes())).toBe(0);
    expect(graph.generatingRows).toEqual(before.generatingRows);
  });

  it('answers for one file out of a part of its bytes', async () => {
    using index = await readGraphIndex(path, IDENTITY);
    expect(impactOf(index)).toEqual([`//p${RULES - 1}:a`, `//p${RULES - 1}:r`]);
    expect(index.costs.bytes).toBeLessThan(file.length * 0.7);
  });

  it('of another commit or fingerprint is refused by their names', async () => {
    const other = { commit: 'b'.repeat(40), fingerprint: '0'.repeat(64) };
    await expect(readGraphIndex(path, { ...IDENTITY, commit: other.commit })).rejects.toMatchObject({
      code: 'BAD_GRAPH_INDEX',
      message: expect.stringContaining(`it is of the commit ${COMMIT} and not of ${other.commit}`) as string,
    });
    await expect(readGraphIndex(path, { ...IDENTITY, fingerprint: other.fingerprint })).rejects.toMatchObject(
      {
        code: 'BAD_GRAPH_INDEX',
        message: expect.stringContaining(`fingerprint ${IDENTITY.fingerprint} and not of 0000`) as string,
      },
    );
  });

  it.each([
    [1, /it has version 1, and this dewar reads version 2/, /^write it again \(dewar record --force\)$/],
    [9, /it has version 9, and this dewar reads version 2/, /^use the dewar that wrote it, or a later one/],
  ])('of version %i is refused by its version', async (version, message, mend) => {
    const other = Buffer.from(file);
    other.writeUInt32LE(version, 8);
    await expect(read(other)).rejects.toMatchObject({
      code: 'BAD_GRAPH_INDEX',
      message: expect.stringMatching(message) as string,
      mend: expect.stringMatching(mend) as string,
    });
  });

  it('that is absent, empty or something else is refused', async () => {
    await expect(readGraphIndex(join(directory, 'none'))).rejects.toThrow(/there is no such file/);
    await expect(read(Buffer.alloc(0))).rejects.toThrow(/it is another kind of file/);
    await expect(read(Buffer.from('{"hashes": {}}'))).rejects.toThrow(/it is another kind of file/);
    await expect(readGraphIndex(directory)).rejects.toMatchObject({ code: 'UNREADABLE' });
  });

  it('with a bit flipped in any section gives the right answer or none', async () => {
    const places = sectionsOf(file).flatMap(([name, from, size]): [string, number][] =>
      size === 0 ? [] : [0, size >> 1, size - 1].map((offset) => [name, from + offset]),
    );
    expect(places.length).toBeGreaterThan(80);
    const right = await answer(file);
    const wrong: string[] = [];
    let refused = 0;
    for (const [name, at] of places) {
      const other = Buffer.from(file);
      other[at] = (other[at] ?? 0) ^ 4;
      const found = await answer(other);
      if (REFUSED.test(found)) refused++;
      else if (found !== right) wrong.push(`${name}: ${found}`);
      if (!REFUSED.test(await everything(other))) wrong.push(`${name}: read as a whole`);
    }
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThan(20);
  });

  it('that is cut off at any length is refused when it is opened', async () => {
    for (let size = 0; size < file.length; size += size < 4096 ? 61 : 6007)
      await expect(read(file.subarray(0, size))).rejects.toMatchObject({
        code: 'BAD_GRAPH_INDEX',
      });
  });

  it('of random bytes is refused, whatever stands at its beginning', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.nat(40), async (bytes, kept) => {
        const other = Buffer.concat([file.subarray(0, kept), bytes]);
        await expect(read(other)).rejects.toMatchObject({ code: 'BAD_GRAPH_INDEX' });
      }),
      { numRuns: 200 },
    );
  });
});

const REFUSED = /^BAD_GRAPH_INDEX.* are not as they were written$/;

/** What a change of the last file impacts, or the error. */
async function answer(bytes: Buffer): Promise<string> {
  return outcome(async () => {
    using index = await read(bytes);
    return impactOf(index).join();
  });
}

/** Reads every byte. */
async function everything(bytes: Buffer): Promise<string> {
  return outcome(async () => {
    using index = await read(bytes);
    touch(index);
    return 'read';
  });
}

async function outcome(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    return `${(error as { code?: string }).code ?? ''} ${(error as Error).message}`;
  }
}

async function read(bytes: Buffer): Promise<GraphIndex> {
  const name = join(directory, createHash('sha256').update(bytes).digest('hex'));
  await writeFile(name, bytes);
  try {
    return await readGraphIndex(name, IDENTITY);
  } finally {
    await rm(name);
  }
}

async function whole(name: string): Promise<GraphIndex> {
  using index = await readGraphIndex(name);
  touch(index);
  return index;
}

function touch({ graph, reverse, loads, moduleGraphJson }: GraphIndex): void {
  const { table, sources, sourceDirect, ruleDirect, ruleOverall, heuristics } = graph;
  table.toSections();
  for (const list of [sources, sourceDirect, ruleDirect, ruleOverall, heuristics.digests]) list.toBytes();
  for (const list of [heuristics.indexes, reverse.users, reverse.userEnds]) list.toBytes();
  loads();
  expect(moduleGraphJson).toBe('{}');
}

function impactOf(index: GraphIndex): string[] {
  const content = { path: `p${RULES - 1}/a`, content: Buffer.from('new'), executable: false };
  return impactOfContents(index, [content])
    .map(({ label }) => label)
    .toSorted();
}

/** @returns name, place and size of each section that is not empty, by the description of the format */
function sectionsOf(bytes: Buffer): [name: string, from: number, size: number][] {
  const json = bytes.toString('utf8', 24, 24 + bytes.readUInt32LE(16));
  const { sections } = JSON.parse(json) as { sections: Record<string, [number, number]> };
  const body = bytes.readUInt32LE(12);
  return Object.entries(sections).map(([name, [offset, size]]) => [name, body + offset, size]);
}

function factsOf(): Parameters<typeof writeGraphIndex>[3] {
  const facts: GraphFacts = {
    seed: SEED.toString('hex'),
    configured: false,
    includeTargetType: false,
    bzlmod: true,
    fineGrainedRepos: [],
    readPaths: ['tools/version.txt'],
    sharedDirectories: [],
    repositoryBzl: [],
  };
  return { ...facts, loads: NO_LOADS };
}

/** Rules //pN:r, each of which reads //pN:a, writes //pN:out and depends on the rule before it in its chain of ten. */
function graphOfChains(): HashedGraph {
  const table = new TargetTable();
  const sources = new DigestList();
  const stack = table.stackOf([table.labels.internText('defs.bzl')]);
  const known = { indexes: new Int32List(), digests: new DigestList() };
  for (let n = 0; n < RULES; n++) {
    const rule = table.labels.internText(`//p${n}:r`);
    const source = table.labels.internText(`//p${n}:a`);
    const out = table.labels.internText(`//p${n}:out`);
    const row = table.ruleLabels.length;
    table.claim(rule, KIND.rule, row);
    table.ruleLabels.push(rule);
    table.ruleDigests.set(row, Buffer.alloc(32, n));
    table.ruleInputs.push(source);
    if (n % 10 !== 0) table.ruleInputs.push(table.labels.internText(`//p${n - 1}:r`));
    table.ruleInputEnds.push(table.ruleInputs.length);
    table.ruleStacks.push(n % 2 === 0 ? stack : NO_STACK);
    table.ruleAlways.push(0);
    table.claim(source, KIND.source, n);
    table.sourceLabels.push(source);
    table.sourceDigests.set(n, Buffer.alloc(32, n));
    table.subincludeEnds.push(0);
    sources.set(n, Buffer.alloc(32, n + 1));
    if (n === RULES - 1) continue;
    table.claim(out, KIND.generated, table.generatedLabels.length);
    table.generatedLabels.push(out);
    table.generatingRules.push(rule);
  }
  const heuristics = new HeuristicDigests(table.labels, () => Buffer.alloc(32, 9), known);
  const input = { table, sources, heuristics, seed: SEED, keepDependencies: false };
  return { table, sources, heuristics, seed: SEED, ...digestGraph(input) };
}
