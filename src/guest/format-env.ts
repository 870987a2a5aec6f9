import { DewarError } from '../core/errors.ts';
import { quotePosix } from '../core/quote-posix.ts';

/** Linux takes no longer text of a variable: MAX_ARG_STRLEN, with its name, `=` and the byte that ends it. */
const LONGEST = 131_072;

/**
 * Writes variables as a shell reads them: a line `export NAME='…'` each.
 * @throws DewarError BAD_ENV, which never shows a value
 */
export function formatEnv(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => {
      check(name, value);
      return `export ${name}=${quotePosix(value)}\n`;
    })
    .join('');
}

function check(name: string, value: string): void {
  const wrong =
    (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && 'is no name of a variable') ||
    (value.includes('\0') && 'has a value with a NUL, which no variable can have') ||
    (Buffer.byteLength(`${name}=${value}`) >= LONGEST &&
      `has a value of more than ${LONGEST} bytes, with which no program can be started`);
  if (wrong === false) return;
  throw new DewarError({
    code: 'BAD_ENV',
    message: `${JSON.stringify(name)} of the env ${wrong}`,
    mend: 'correct the env of the config; larger things belong into a file of a mount',
  });
}
