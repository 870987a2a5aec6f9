import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { DewarError } from './errors.ts';
import { suggest } from './suggest.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Those that were given; `multiple` ones are lists. */
export type ParsedWords<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: false }>
>['values'];

/**
 * Reads the options that were typed after a plugin's command, which takes no other words.
 * @param command as it is typed after `dewar`, for messages
 * @throws DewarError USAGE
 */
export function parseWords<T extends Options>(
  command: string,
  words: readonly string[],
  options: T,
): ParsedWords<T> {
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    // what follows the first sentence are hints for programmers
    const [message = ''] = (cause as Error).message.split(/\.\s/, 1);
    const known = Object.keys(options).map((name) => `--${name}`);
    const meant = suggest(/^Unknown option '(.*)'/.exec(message)?.[1] ?? '', known);
    throw new DewarError({
      code: 'USAGE',
      message: `dewar ${command}: ${message.replace(/\n.*/s, '')}`,
      mend: `${meant === undefined ? '' : `did you mean ${meant}? `}its options: ${known.join(', ')}`,
      cause,
    });
  }
}
