import { isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, YAMLError } from 'yaml';
import { badConfig } from '../schema/parse-config.ts';
import type { Source } from '../schema/parse-config.ts';
import { placeIn } from './place-in.ts';

export interface LoadedData {
  raw: unknown;
  source: Source;
}

/** The time that the parser takes grows with the square of the size, and faster with the depth. */
const LARGEST = 65_536;
const DEEPEST = 50;
/** An alias of a thing that has aliases itself grows fast. */
const MOST_ALIASES = 100;
const TOO_DEEP = 'it is nested too deeply';

/**
 * Reads JSON or YAML; nothing in it runs. No message has a part of the text, which may be secret.
 * @param file for messages
 * @throws DewarError BAD_CONFIG
 */
export function loadData(text: string, file: string, format: 'json' | 'yaml'): LoadedData {
  const lines = new LineCounter();
  const bad = (why: string, offset?: number): Error => {
    const { line = 0, col = 0 } = offset === undefined ? {} : lines.linePos(offset);
    const place = line === 0 ? {} : { placeOf: () => `${line}:${col}` };
    return badConfig({ file, ...place }, [{ path: [], text: why }]);
  };
  if (text.length > LARGEST) throw bad('it is larger than 64 KiB');
  if (isTooDeep(text)) throw bad(TOO_DEEP);
  try {
    // YAML is read for JSON, too: it knows the places, and keys that are there twice.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const problems = [...document.errors, ...document.warnings];
    const [problem] = format === 'json' ? jsonProblems(text, problems) : problems.map(toProblem);
    if (problem !== undefined) throw bad(problem.why, problem.offset);
    const key = keyThatIsNoText(document);
    if (key !== undefined) throw bad('a key is no text', key);
    const raw: unknown =
      format === 'json' ? JSON.parse(text) : (document.toJS({ maxAliasCount: MOST_ALIASES }) ?? {});
    return {
      raw: withoutSchema(raw),
      source: { file, placeOf: (path) => placeIn(document, lines, path) },
    };
  } catch (error) {
    if (error instanceof RangeError) throw bad(TOO_DEEP);
    if (error instanceof ReferenceError)
      throw bad('it has too many aliases, or one of an anchor that is not there');
    throw error;
  }
}

/** Counts brackets, also those in texts, and what may open a level within a line. */
function isTooDeep(text: string): boolean {
  if (TOO_MANY_INDICATORS.test(text)) return true;
  let depth = 0;
  for (const bracket of text.matchAll(/[[\]{}]/g)) {
    depth += bracket[0] === '[' || bracket[0] === '{' ? 1 : -1;
    if (depth > DEEPEST) return true;
    if (depth < 0) depth = 0;
  }
  return false;
}

const TOO_MANY_INDICATORS = new RegExp(`(?:[-?:][ \\t]+){${DEEPEST}}`);

/** @returns where the key is, as an offset in the text */
function keyThatIsNoText(document: Document): number | undefined {
  let found: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key)) return undefined;
      found = (isNode(key) ? key.range?.[0] : undefined) ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

interface Problem {
  why: string;
  offset: number | undefined;
}

function toProblem({ code, message, pos: [offset] }: YAMLError): Problem {
  if (code === 'DUPLICATE_KEY') return { why: 'a key is there twice', offset };
  // The parser's own stack.
  if (message.startsWith('Maximum call stack')) return { why: TOO_DEEP, offset };
  return { why: `it is no valid YAML: ${plain(message)}`, offset };
}

/** What YAML takes for a fault may be none of JSON, and the other way round. */
function jsonProblems(text: string, ofYaml: readonly YAMLError[]): Problem[] {
  try {
    JSON.parse(text);
    return ofYaml.filter(({ code }) => code === 'DUPLICATE_KEY').map(toProblem);
  } catch (error) {
    const [, offset] = / at position (\d+)/.exec((error as Error).message) ?? [];
    return [
      {
        why: `it is no valid JSON: ${plain((error as Error).message)}`,
        offset: offset === undefined ? ofYaml[0]?.pos[0] : Number(offset),
      },
    ];
  }
}

/** @returns the message of a parser without what it quotes of the text */
function plain(message: string): string {
  const [said = ''] = message.split(/, (?:"|\.{3}")| in JSON at position|\n|: /u);
  return said;
}

/** `$schema` is for the editor. */
function withoutSchema(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null || !Object.hasOwn(raw, '$schema')) return raw;
  const { $schema, ...rest } = raw as { $schema: unknown };
  return typeof $schema === 'string' ? rest : raw;
}
