import { z } from 'zod';
import { suggest } from '../../core/suggest.ts';

/**
 * An object without any other key. The issue of an unknown key says which one was meant.
 * @param refused why a key that one might expect is not there
 */
export function strict<const S extends z.ZodRawShape>(
  shape: S,
  refused: Readonly<Record<string, string>> = {},
): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => refused[key] ?? unknownKey(key, known)).join('; ')
        : undefined,
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = suggest(key, known);
  const name = JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
  return meant === undefined
    ? `unknown key ${name}; there are: ${known.join(', ')}`
    : `unknown key ${name}; did you mean ${meant}?`;
}
