import { LineCounter, parseDocument } from 'yaml';
import type { YAMLError } from 'yaml';
import { badConfig } from '../schema/parse-config.ts';
import type { Source } from '../schema/parse-config.ts';
import { placeIn } from './place-in.ts';

export interface LoadedData {
  raw: unknown;
  source: Source;
}

/** An alias of a thing that has aliases itself grows fast. */
const MOST_ALIASES = 100;

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
  try {
    // YAML is read for JSON, too: it knows the places, and keys that are there twice.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const problems = [...document.errors, ...document.warnings];
    const [problem] = format === 'json' ? jsonProblems(text, problems) : problems.map(toProblem);
    if (problem !== undefined) throw bad(problem.why, problem.offset);
    const raw: unknown =
      format === 'json' ? JSON.parse(text) : (document.toJS({ maxAliasCount: MOST_ALIASES }) ?? {});
    return {
      raw: withoutSchema(raw),
      source: { file, placeOf: (path) => placeIn(document, lines, path) },
    };
  } catch (error) {
    if (error instanceof RangeError) throw bad('it is nested too deeply');
    if (error instanceof ReferenceError)
      throw bad('it has too many aliases, or one of an anchor that is not there');
    throw error;
  }
}

interface Problem {
  why: string;
  offset: number | undefined;
}

function toProblem({ code, message, pos: [offset] }: YAMLError): Problem {
  return {
    why: code === 'DUPLICATE_KEY' ? 'a key is there twice' : `it is no valid YAML: ${plain(message)}`,
    offset,
  };
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
