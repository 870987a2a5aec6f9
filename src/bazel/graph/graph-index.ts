import { z } from 'zod';
import { bufferView, DigestList, Int32List, int32View } from '../../core/columns.ts';
import { DewarError } from '../../core/errors.ts';
import type { PageCosts, PagedBytes } from '../../core/paged-bytes.ts';
import { openSections, packSections } from '../../core/section-file.ts';
import type { SectionFormat, SectionProblem } from '../../core/section-file.ts';
import { openPositional } from '../../platform/positional-file.ts';
import type { PositionalFile } from '../../platform/positional-file.ts';
import { writeOutput } from '../../platform/write-output.ts';
import type { HashedGraph } from '../hash/hash-session.ts';
import { HeuristicDigests } from '../hash/heuristic-digests.ts';
import { TargetTable } from '../hash/target-table.ts';
import { KnownLoadsSchema } from './known-loads.ts';
import type { KnownLoads } from './known-loads.ts';
import { reverseEdges } from './reverse-edges.ts';
import type { ReverseEdges } from './reverse-edges.ts';

const FORMAT: SectionFormat = { magic: 'DEWARIDX', version: 2 };

/** What an index is of. */
export interface IndexIdentity {
  /** Full SHA of the commit; empty for a work tree that is at none. */
  commit: string;
  /** Of everything else that the graph depends on. */
  fingerprint: string;
}

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
export interface GraphIndex extends Disposable {
  identity: IndexIdentity;
  facts: GraphFacts;
  /** `heuristics` knows only the labels that were asked for. */
  graph: HashedGraph;
  reverse: ReverseEdges;
  /** What BUILD.bazel files load, which `graph` does not say. */
  loads: () => KnownLoads;
  /** Output of `bazel mod graph --output=json`, when bzlmod is on. */
  readonly moduleGraphJson: string | undefined;
  /** What was read of the file so far. */
  readonly costs: PageCosts;
}

/** @throws DewarError OUTPUT_NOT_WRITABLE */
export async function writeGraphIndex(
  path: string,
  identity: IndexIdentity,
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
    ['users', reverse.users.toBytes()],
    ['userEnds', reverse.userEnds.toBytes()],
    ...(moduleGraphJson === undefined
      ? []
      : [['moduleGraph', Buffer.from(moduleGraphJson)] as [string, Uint8Array]]),
  ]);
  await writeOutput(path, Buffer.concat(packSections(FORMAT, sections, { ...identity })));
}

/**
 * Opens an index. What is asked of it is read, and checked, when it is asked: damage may show later than here.
 * @param expected refuses the index of anything else
 * @throws DewarError BAD_GRAPH_INDEX, UNREADABLE
 */
export async function readGraphIndex(path: string, expected?: IndexIdentity): Promise<GraphIndex> {
  const file = await openPositional(path);
  if (file === undefined) throw badIndex(path, 'there is no such file');
  try {
    return openIndex(path, file, expected);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

function openIndex(path: string, file: PositionalFile, expected: IndexIdentity | undefined): GraphIndex {
  const { about, sections, costs } = openSections(FORMAT, file, ({ kind, why }) => badIndex(path, why, kind));
  const identity = { commit: about['commit'] ?? '', fingerprint: about['fingerprint'] ?? '' };
  if (expected !== undefined) assertSame(path, identity, expected);
  const column = (name: string): PagedBytes => {
    const bytes = sections.get(name);
    if (bytes === undefined) throw badIndex(path, `it has no section ${name}`);
    return bytes;
  };
  const section = (name: string): Buffer => bufferView(column(name).whole());
  const facts = Facts.safeParse(JSON.parse(section('facts').toString('utf8')));
  if (!facts.success) throw badIndex(path, `its facts are not as expected: ${facts.error.message}`);
  const table = new TargetTable(sections);
  const unasked = (label: string): never => {
    throw badIndex(path, `it does not say what ${label} is`);
  };
  return {
    identity,
    facts: facts.data,
    graph: {
      table,
      sources: new DigestList(column('sources')),
      sourceDirect: new DigestList(column('sourceDirect')),
      ruleDirect: new DigestList(column('ruleDirect')),
      ruleOverall: new DigestList(column('ruleOverall')),
      generatingRows: int32View(section('generatingRows')),
      dependencies: [],
      seed: Buffer.from(facts.data.seed, 'hex'),
      heuristics: new HeuristicDigests(table.labels, unasked, {
        indexes: new Int32List(column('heuristicIndexes')),
        digests: new DigestList(column('heuristicDigests')),
      }),
    },
    get moduleGraphJson() {
      return sections.has('moduleGraph') ? section('moduleGraph').toString('utf8') : undefined;
    },
    costs,
    [Symbol.dispose]: () => file[Symbol.dispose](),
    loads: () => loadsOf(path, section('loads')),
    reverse: { users: new Int32List(column('users')), userEnds: new Int32List(column('userEnds')) },
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

function assertSame(path: string, found: IndexIdentity, expected: IndexIdentity): void {
  if (found.commit !== expected.commit)
    throw badIndex(path, `it is of the commit ${found.commit || '(none)'} and not of ${expected.commit}`);
  if (found.fingerprint !== expected.fingerprint)
    throw badIndex(path, `it is of the fingerprint ${found.fingerprint} and not of ${expected.fingerprint}`);
}

function badIndex(path: string, why: string, kind: SectionProblem['kind'] = 'damaged'): DewarError {
  return new DewarError({
    code: 'BAD_GRAPH_INDEX',
    message: `${path} cannot be used as a graph index: ${why}`,
    mend:
      kind === 'newer'
        ? 'use the dewar that wrote it, or a later one; or write it again (dewar record --force)'
        : 'write it again (dewar record --force)',
  });
}
