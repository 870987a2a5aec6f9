import { dirname } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { badConfig } from '../schema/parse-config.ts';
import { ExitTrapped } from './trap-exit.ts';

/** @returns what to tell of an error that the code of a config threw, or that its syntax gave */
export function explainFailure(error: unknown, file: string): DewarError {
  if (error instanceof DewarError) return error;
  const syntax = error instanceof Error ? SYNTAX.exec(error.message) : null;
  if (syntax !== null) {
    const [, why = '', path = file, line, column] = syntax;
    return badConfig({ file: path, placeOf: () => `${line}:${column}` }, [
      { path: [], text: `it is no valid TypeScript or JavaScript: ${why.trim()}` },
    ]);
  }
  const exits = error instanceof ExitTrapped;
  return new DewarError({
    code: 'CONFIG_FAILED',
    message: `${placeOf(error, file)}: the config ${exits ? `called ${error.message}` : `threw ${said(error)}`}`,
    mend: exits ? 'throw an error instead: a config does not end dewar' : 'correct what it does there',
    cause: error,
  });
}

/** How jiti tells what Babel found. */
const SYNTAX = /^ParseError: ([^\n]*)[\s\S]*?\n (.+):(\d+):(\d+)$/;

const LONGEST = 1000;

function said(error: unknown): string {
  const text =
    error instanceof Error ? `${error.name}: ${withoutStack(error.message)}` : JSON.stringify(error);
  return (text ?? String(error)).slice(0, LONGEST);
}

/** The list of modules that required each other says nothing of the config. */
function withoutStack(message: string): string {
  return message.replace(/\nRequire stack:[\s\S]*$/, '');
}

/** @returns the innermost place of the stack that is the user's: `file:line:column`, or the file */
function placeOf(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const places = [...stack.matchAll(/(?:\(|\bat (?:async )?)(?:file:\/\/)?(\/[^()\n]*:\d+:\d+)\)?$/gm)].map(
    ([, place = '']) => place,
  );
  const own = places.find((place) => place.startsWith(`${file}:`));
  const beside = places.find((place) => place.startsWith(`${dirname(file)}/`));
  const place = own === undefined ? file : (beside ?? own);
  // The first line begins with what jiti puts before it.
  return place.replace(/:1:\d+$/, ':1');
}
