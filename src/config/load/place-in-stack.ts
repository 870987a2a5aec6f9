import { dirname } from 'node:path';

/**
 * @param file a module of the user's; absolute
 * @returns where in it, or in a file beside or below it, the innermost call is: `file:line:column`; else the file alone
 */
export function placeInStack(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  // The message before the calls may have paths, too.
  const calls = stack.slice(Math.max(0, stack.indexOf('\n    at ')));
  const start = calls.indexOf(`${dirname(file)}/`);
  const place = start === -1 ? null : /^[\s\S]*?:\d+:\d+(?=\)?(?:\n|$))/.exec(calls.slice(start));
  // The first line begins with what jiti puts before it: the column is not the user's.
  return place === null ? file : place[0].replace(/:1:\d+$/, ':1');
}
