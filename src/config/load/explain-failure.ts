import { DewarError } from '../../core/errors.ts';
import { badConfig } from '../schema/parse-config.ts';
import { placeInStack } from './place-in-stack.ts';
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
    message: `${placeInStack(error, file)}: the config ${exits ? `called ${error.message}` : `threw ${said(error)}`}`,
    mend: exits ? 'throw an error instead: a config does not end dewar' : 'correct what it does there',
    cause: error,
  });
}

/** How jiti tells what Babel found. */
const SYNTAX = /^ParseError: ([^\n]*)[^/]*?\n (\/[\s\S]+):(\d+):(\d+)$/;

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
