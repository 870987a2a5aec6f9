import { DewarError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';

/**
 * @param where who asks for it
 * @param known the names of the built-in ones
 */
export function noSuchPlugin(where: string, name: string, known: readonly string[]): DewarError {
  const meant = suggest(name, known);
  return new DewarError({
    code: 'NO_SUCH_PLUGIN',
    message: `${where}: there is no built-in plugin ${JSON.stringify(name)}; ${known.length === 0 ? 'there is none' : `there are: ${known.join(', ')}`}`,
    mend: `${meant === undefined ? 'take one of these' : `did you mean ${meant}?`}; a module of your own is a path, with a / in it: ./plugin.ts`,
  });
}
