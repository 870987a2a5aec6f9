import { z } from 'zod';
import { DigestList, Int32List } from '../../core/columns.ts';
import { DewarError } from '../../core/errors.ts';
import { packSections, unpackSections } from '../../core/section-file.ts';
import type { SectionFormat } from '../../core/section-file.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';
import { writeOutput } from '../../platform/write-output.ts';
import type { HashedGraph } from '../hash/hash-session.ts';
import { HeuristicDigests } from '../hash/heuristic-digests.ts';
import { TargetTable } from '../hash/target-table.ts';
import { KnownLoadsSchema } from './known-loads.ts';
import type { KnownLoads } from './known-loads.ts';
import { reverseEdges } from './reverse-edges.ts';
import type { ReverseEdges } from './reverse-edges.ts';

const FORMAT: SectionFormat = { magic: 'DEWARIDX', version: 1 };

/** What holds for all of a graph. */
export interface GraphFacts {
  /** sha256 over the seed files, hex. */
  seed: string;
  /** Made by cquery. */
  configured: boolean;
  includeTargetType: boolean;
  bzlmod: boolean;
  /** The repositories that are hashed target by target, after expansion. */
  fineGrainedRepos: string[];
  /** Paths below the workspace that Bazel read to make the graph, besides BUILD and .bzl files. */
  readPaths: string[];
  /** Directories and links below the workspace that repositories or other packages are made of. */
  sharedDirectories: string[];
  /** .bzl files that repository rules and module extensions are made of. */
  repositoryBzl: string[];
  /** Why it is not known which packages load which .bzl files; undefined when it is. */
  unknownLoaders?: string | undefined;
}

const Facts: z.ZodType<GraphFacts> = z.strictObject({
  seed: z.string().regex(/^[0-9a-f]{64}$/),
  configured: z.boolean(),
  includeTargetType: z.boolean(),
  bzlmod: z.boolean(),
  fineGrainedRepos: z.array(z.string()),
  readPaths: z.array(z.string()),
  sharedDirectories: z.array(z.string()),
  repositoryBzl: z.array(z.string()),
  unknownLoaders: z.string().optional(),
});

/** The build graph of one commit with the digests of all its targets. */
export interface GraphIndex {
  facts: GraphFacts;
  /** `heuristics` knows only the labels that were asked for. */
  graph: HashedGraph;
  reverse: ReverseEdges;
  /** What BUILD.bazel files load, which `graph` does not say. */
  loads: () => KnownLoads;
  /** Output of `bazel mod graph --output=json`, when bzlmod is on. */
  moduleGraphJson: string | undefined;
}

/** @throws DewarError OUTPUT_NOT_WRITABLE */
export async function writeGraphIndex(
  path: string,
  { graph, moduleGraphJson }: Pick<GraphIndex, 'graph' | 'moduleGraphJson'>,
  { loads, ...facts }: GraphFacts & { loads: KnownLoads },
): Promise<void> {
  const { table, sources, heuristics } = graph;
  const reverse = reverseEdges(table);
  const sections = new Map<string, Uint8Array>([
    ['facts', Buffer.from(JSON.stringify(facts))],
    ['loads', Buffer.from(JSON.stringify(loads))],
    ...table.toSections(),
    ['sources', sources.toBytes()],
    ['sourceDirect', graph.sourceDirect.toBytes()],
    ['ruleDirect', graph.ruleDirect.toBytes()],
    ['ruleOverall', graph.ruleOverall.toBytes()],
    ['generatingRows', bytesOf(graph.generatingRows)],
    ['heuristicIndexes', heuristics.indexes.toBytes()],
    ['heuristicDigests', heuristics.digests.toBytes()],
    ['users', bytesOf(reverse.users)],
    ['userEnds', bytesOf(reverse.userEnds)],
    ...(moduleGraphJson === undefined
      ? []
      : [['moduleGraph', Buffer.from(moduleGraphJson)] as [string, Uint8Array]]),
  ]);
  await writeOutput(path, Buffer.concat(packSections(FORMAT, sections)));
}

/** @throws DewarError BAD_GRAPH_INDEX, UNREADABLE */
export async function readGraphIndex(path: string): Promise<GraphIndex> {
  const file = await readIfPresent(path);
  if (file === undefined) throw badIndex(path, 'there is no such file');
  const sections = unpackSections(FORMAT, file);
  if (typeof sections === 'string') throw badIndex(path, sections);
  const section = (name: string): Buffer => {
    const bytes = sections.get(name);
    if (bytes === undefined) throw badIndex(path, `it has no section ${name}`);
    return bytes;
  };
  const facts = Facts.safeParse(JSON.parse(section('facts').toString('utf8')));
  if (!facts.success) throw badIndex(path, `its facts are not as expected: ${facts.error.message}`);
  const table = new TargetTable(sections);
  const unasked = (label: string): never => {
    throw badIndex(path, `it does not say what ${label} is`);
  };
  return {
    facts: facts.data,
    graph: {
      table,
      sources: new DigestList(section('sources')),
      sourceDirect: new DigestList(section('sourceDirect')),
      ruleDirect: new DigestList(section('ruleDirect')),
      ruleOverall: new DigestList(section('ruleOverall')),
      generatingRows: intsOf(section('generatingRows')),
      dependencies: [],
      seed: Buffer.from(facts.data.seed, 'hex'),
      heuristics: new HeuristicDigests(table.labels, unasked, {
        indexes: new Int32List(section('heuristicIndexes')),
        digests: new DigestList(section('heuristicDigests')),
      }),
    },
    moduleGraphJson: sections.get('moduleGraph')?.toString('utf8'),
    loads: () => loadsOf(path, section('loads')),
    reverse: { users: intsOf(section('users')), userEnds: intsOf(section('userEnds')) },
  };
}

function loadsOf(path: string, section: Buffer): KnownLoads {
  const loads = KnownLoadsSchema.safeParse(JSON.parse(section.toString('utf8')));
  if (!loads.success) throw badIndex(path, `its loads are not as expected: ${loads.error.message}`);
  return loads.data;
}

function bytesOf(numbers: Int32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function intsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Int32Array.BYTES_PER_ELEMENT);
}

function badIndex(path: string, why: string): DewarError {
  return new DewarError({
    code: 'BAD_GRAPH_INDEX',
    message: `${path} cannot be used as a graph index: ${why}`,
    mend: 'record the snapshot again (dewar record --force)',
  });
}
