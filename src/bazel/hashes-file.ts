import { readFile } from 'node:fs/promises';
import { DewarError } from '../core/errors.ts';
import { writeOutput } from '../platform/write-output.ts';
import { parseHashValue } from './hashes-document.ts';
import type { DependencyEdges, HashesDocument } from './hashes-document.ts';

/** Reads the hashes files of dewar and bazel-diff, with and without module metadata. @throws DewarError BAD_HASHES_FILE */
export async function readHashesFile(path: string): Promise<HashesDocument> {
  const json = await readJson(path, 'BAD_HASHES_FILE', 'hashes');
  if (!isObject(json)) throw badHashes(path, 'it holds no object');
  if (!('hashes' in json) || !isObject(json['hashes'])) return { hashes: toHashes(path, json) };
  const { HashesMetadata } = await import('./input-schemas.ts');
  const metadata = HashesMetadata.safeParse(json['metadata'] ?? {});
  if (!metadata.success) throw badHashes(path, 'its metadata has no module graph');
  return {
    hashes: toHashes(path, json['hashes']),
    moduleGraphJson: metadata.data.moduleGraphJson ?? undefined,
  };
}

/** @throws DewarError BAD_DEP_EDGES */
export async function readDependencyEdges(path: string): Promise<DependencyEdges> {
  const json = await readJson(path, 'BAD_DEP_EDGES', 'dependency edges');
  const { EdgesByLabel } = await import('./input-schemas.ts');
  const parsed = EdgesByLabel.safeParse(json);
  if (parsed.success) return new Map(Object.entries(parsed.data));
  throw new DewarError({
    code: 'BAD_DEP_EDGES',
    message: `${path} is no file of dependency edges: an object of lists of labels is expected`,
    mend: 'make it with `dewar bazel generate-hashes --depEdgesFile`',
  });
}

/** @returns the bytes of a hashes file, one target a line */
export function formatHashes(document: HashesDocument): Buffer {
  const { before, indent, after } = hashesFrame(document.moduleGraphJson);
  return Buffer.concat([Buffer.from(before), ...objectOf(document.hashes, indent), Buffer.from(after)]);
}

/** @returns what stands around the object of hashes in a hashes file */
export function hashesFrame(moduleGraphJson: string | undefined): {
  before: string;
  indent: string;
  after: string;
} {
  if (moduleGraphJson === undefined) return { before: '', indent: '', after: '\n' };
  const metadata = JSON.stringify({ moduleGraphJson });
  return { before: '{\n  "hashes": ', indent: '  ', after: `,\n  "metadata": ${metadata}\n}\n` };
}

/** @throws DewarError OUTPUT_NOT_WRITABLE */
export async function writeHashesFile(path: string, document: HashesDocument): Promise<void> {
  await writeOutput(path, formatHashes(document));
}

/** @throws DewarError OUTPUT_NOT_WRITABLE */
export async function writeDependencyEdges(path: string, edges: DependencyEdges): Promise<void> {
  await writeOutput(path, Buffer.concat([...objectOf(edges, ''), NEWLINE]));
}

const NEWLINE = Buffer.from('\n');
/** Lines that are put together before they become bytes: bounds the largest string. */
const LINES = 4096;

function* objectOf(entries: ReadonlyMap<string, unknown>, indent: string): Generator<Buffer> {
  yield Buffer.from('{');
  let lines: string[] = [];
  let first = true;
  for (const [label, value] of entries) {
    lines.push(`${first ? '' : ','}\n${indent}  ${JSON.stringify(label)}: ${JSON.stringify(value)}`);
    first = false;
    if (lines.length < LINES) continue;
    yield Buffer.from(lines.join(''));
    lines = [];
  }
  yield Buffer.from(`${lines.join('')}${first ? '' : `\n${indent}`}}`);
}

function toHashes(path: string, object: Record<string, unknown>): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const label in object) {
    const value = object[label];
    if (typeof value !== 'string' || parseHashValue(value) === undefined)
      throw badHashes(
        path,
        `the value of ${JSON.stringify(label)} is no hash: ${JSON.stringify(value)?.slice(0, 80)}`,
      );
    hashes.set(label, value);
  }
  return hashes;
}

async function readJson(path: string, code: string, what: string): Promise<unknown> {
  const mend = `give a file that \`dewar bazel generate-hashes\` wrote (${what})`;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new DewarError({
      code,
      message: `${path} could not be read: ${(error as Error).message}`,
      mend,
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DewarError({
      code,
      message: `${path} is no JSON: ${(error as Error).message}`,
      mend,
      cause: error,
    });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badHashes(path: string, why: string): DewarError {
  return new DewarError({
    code: 'BAD_HASHES_FILE',
    message: `${path} is no hashes file: ${why}`,
    mend: 'give a file that `generate-hashes` of dewar or bazel-diff wrote',
  });
}
