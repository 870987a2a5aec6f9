import { readFile } from 'node:fs/promises';
import { digestFile } from '../platform/durable-files.ts';
import type { GraphEngine } from './engine.ts';
import type { AnswerDifferences, Differences, Sample } from './verify-report.ts';

/** An answer on the disk. */
export interface KeptAnswer {
  impacted: string;
  /** Hashes of the target commit. */
  hashes: string;
}

/** @returns how an answer differs from the cold one; undefined when both of its files are equal byte for byte */
export async function compareAnswers(
  engine: GraphEngine,
  cold: KeptAnswer,
  found: KeptAnswer,
): Promise<AnswerDifferences | undefined> {
  const set = await compareFiles(cold.impacted, found.impacted, linesOf);
  const hashes = await compareFiles(cold.hashes, found.hashes, hashesIn(engine));
  if (set === undefined && hashes === undefined) return undefined;
  return { ...(set === undefined ? {} : { set }), ...(hashes === undefined ? {} : { hashes }) };
}

/** `compareAnswers` for two hashes files. */
export function compareHashes(
  engine: GraphEngine,
  cold: string,
  found: string,
): Promise<Differences | undefined> {
  return compareFiles(cold, found, hashesIn(engine));
}

/** @returns how the values of `found` differ from those of `cold` */
export function differencesBetween(
  cold: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
): Differences {
  const missing = sample<string>();
  const extra = sample<string>();
  const changed = sample<{ label: string; cold: string; found: string }>();
  for (const [label, value] of cold) {
    const other = found.get(label);
    if (other === undefined) add(missing, label);
    else if (other !== value) add(changed, { label, cold: value, found: other });
  }
  for (const label of found.keys()) if (!cold.has(label)) add(extra, label);
  return { missing, extra, changed };
}

type Entries = (path: string) => Promise<ReadonlyMap<string, string>>;

async function compareFiles(cold: string, found: string, entries: Entries): Promise<Differences | undefined> {
  if ((await digestFile(cold)).sha256 === (await digestFile(found)).sha256) return undefined;
  let differences = differencesBetween(new Map(), new Map());
  try {
    differences = differencesBetween(await entries(cold), await entries(found));
  } catch (error) {
    return { ...differences, other: error instanceof Error ? error.message : String(error) };
  }
  const { missing, extra, changed } = differences;
  if (missing.total + extra.total + changed.total > 0) return differences;
  return { ...differences, other: 'the same targets, in another order or with something else around them' };
}

async function linesOf(path: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line, '']));
}

function hashesIn(engine: GraphEngine): Entries {
  return async (path) => new Map((await engine.readHashes(path)).entries());
}

/** Enough to find the cause; a report is read by people. */
const FIRST = 20;

function sample<T>(): Sample<T> {
  return { total: 0, first: [] };
}

function add<T>(to: Sample<T>, item: T): void {
  to.total++;
  if (to.first.length < FIRST) to.first.push(item);
}
