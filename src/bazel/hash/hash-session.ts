import type { DigestList } from '../../core/columns.ts';
import { FrameSplitter } from '../query/frame-splitter.ts';
import { CQUERY } from '../query/field-numbers.ts';
import { TargetDecoder } from '../query/target-decoder.ts';
import { WIRE, WireReader } from '../query/wire.ts';
import { mainRepoSpelling } from '../labels.ts';
import type { DigestCache } from './digest-cache.ts';
import { heuristicDigest } from './file-digest.ts';
import { digestGraph } from './graph-digests.ts';
import type { GraphDigests } from './graph-digests.ts';
import { HeuristicDigests } from './heuristic-digests.ts';
import { RuleDigester } from './rule-digest.ts';
import { SourceHasher } from './source-hasher.ts';
import type { SourceContext } from './source-path.ts';
import { KIND, TargetTable } from './target-table.ts';

export interface HashSettings {
  workspacePath: string;
  /** True for cquery: configured inputs are the inputs of a rule, also for those that `query` adds. */
  configured: boolean;
  fineGrainedRepos: readonly string[];
  ignoredAttributes: readonly string[];
  alwaysAffectedTags: readonly string[];
  contentHashes?: ReadonlyMap<string, string> | undefined;
  /** Absolute paths. */
  modifiedPaths?: ReadonlySet<string> | undefined;
  /** sha256 over the seed files: 32 bytes. */
  seed: Uint8Array;
  keepDependencies: boolean;
  /** Package groups are targets too. */
  includePackageGroups?: boolean | undefined;
  /** Digests of an earlier run of the same workspace; brought up to date. */
  digestCache?: DigestCache | undefined;
}

export interface HashedGraph extends GraphDigests {
  table: TargetTable;
  /** D of each source file, by row. */
  sources: DigestList;
  heuristics: HeuristicDigests;
  /** sha256 over the seed files. */
  seed: Uint8Array;
}

/** Targets and their D, by row of the source files. */
export type KnownTargets = Pick<HashedGraph, 'table' | 'sources'>;

/** The framings that Bazel prints targets in. */
export type Framing = 'query' | 'cquery-streamed' | 'cquery-whole';

/** Takes the output of queries while it is written, and hashes the graph at the end. */
export class HashSession implements Disposable {
  readonly table: TargetTable;
  readonly #settings: HashSettings;
  readonly #digester: RuleDigester;
  readonly #sources: SourceHasher;
  /** Rows of source files in other repositories, whose roots are known only after the query. */
  readonly #externalRows: number[] = [];
  /** After `finish`: whether the digest cache has learnt something. */
  cacheGrew = false;

  /** @param known targets of the same workspace that are there already; brought up to date */
  constructor(settings: HashSettings, known?: KnownTargets) {
    this.#settings = settings;
    this.table = known?.table ?? new TargetTable();
    this.#digester = new RuleDigester(settings.ignoredAttributes, settings.alwaysAffectedTags);
    this.#sources = new SourceHasher(this.#context(new Map()), settings.digestCache, known?.sources);
  }

  /**
   * @param only main-repository labels to keep, spelt with `//`; all when absent
   * @returns where the chunks of one query's output go, in order
   */
  input(framing: Framing, only?: ReadonlySet<string>): FrameSplitter {
    const decoder = new TargetDecoder(this.table, this.#digester, {
      configured: this.#settings.configured,
      fineGrainedRepos: this.#settings.fineGrainedRepos,
      includePackageGroups: this.#settings.includePackageGroups,
      onSource: (row) => this.#addSource(row),
      ...(only === undefined ? {} : { only }),
    });
    const target: OnTarget = (buffer, start, end) => decoder.decode(buffer, start, end);
    if (framing === 'query') return new FrameSplitter(target);
    const configuredTarget: OnTarget = (buffer, start, end) =>
      eachField(buffer, start, end, CQUERY.target, target);
    if (framing === 'cquery-whole')
      return new FrameSplitter(configuredTarget, (CQUERY.results << 3) | WIRE.bytes);
    return new FrameSplitter((buffer, start, end) =>
      eachField(buffer, start, end, CQUERY.results, configuredTarget),
    );
  }

  /** Labels of the source files in other repositories, whose roots `finish` needs. */
  externalSources(): string[] {
    const { labels, sourceLabels } = this.table;
    return this.#externalRows.map((row) => labels.text(sourceLabels.at(row)));
  }

  /**
   * @param externalRoots root directories of the fine-grained repositories, by name without `@`
   * @throws DewarError DEPENDENCY_CYCLE, MISSING_GENERATING_RULE, SOURCE_UNREADABLE
   */
  async finish(externalRoots: ReadonlyMap<string, string> = new Map()): Promise<HashedGraph> {
    const sources = await this.finishSources(externalRoots);
    // Whatever came first: a label that has a kind is no group.
    this.table.groups.remove((label) => this.table.kind(label) !== KIND.none);
    const context = this.#context(externalRoots);
    const heuristics = new HeuristicDigests(this.table.labels, (label) => heuristicDigest(label, context));
    const { seed } = this.#settings;
    const digests = digestGraph({
      table: this.table,
      sources,
      heuristics,
      seed,
      keepDependencies: this.#settings.keepDependencies,
    });
    return { table: this.table, sources, heuristics, seed, ...digests };
  }

  /**
   * @returns D of each source file, by row
   * @throws DewarError SOURCE_UNREADABLE
   */
  async finishSources(externalRoots: ReadonlyMap<string, string> = new Map()): Promise<DigestList> {
    if (this.#externalRows.length > 0) {
      this.#sources.setExternalRoots(externalRoots);
      for (const row of this.#externalRows) this.#sources.add(row, this.table);
    }
    this.cacheGrew = await this.#sources.finish(this.table);
    return this.#sources.digests;
  }

  [Symbol.dispose](): void {
    this.#sources[Symbol.dispose]();
  }

  #addSource(row: number): void {
    const { labels, sourceLabels } = this.table;
    const label = sourceLabels.at(row);
    const inMain = labels.firstByte(label) !== AT || mainRepoSpelling(labels.text(label)).startsWith('//');
    if (inMain || this.#settings.fineGrainedRepos.length === 0) this.#sources.add(row, this.table);
    else this.#externalRows.push(row);
  }

  #context(externalRoots: ReadonlyMap<string, string>): SourceContext {
    const { workspacePath, contentHashes, modifiedPaths } = this.#settings;
    return { workspacePath, contentHashes, modifiedPaths, externalRoots };
  }
}

type OnTarget = (buffer: Uint8Array, start: number, end: number) => void;

const AT = 0x40;

function eachField(buffer: Uint8Array, start: number, end: number, field: number, found: OnTarget): void {
  const reader = new WireReader().reset(buffer, start, end);
  while (reader.position < end) {
    const tag = reader.varint();
    if (tag === ((field << 3) | WIRE.bytes)) {
      const from = reader.bytes();
      found(buffer, from, reader.position);
    } else reader.skip(tag & 7);
  }
}
