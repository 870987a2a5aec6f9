import { DewarError } from '../core/errors.ts';

/**
 * Builds the environment of the engine's programs: nothing gets in that is not named.
 * @param patterns names, or prefixes that end in `*`
 * @param extra names that the user asked for
 * @throws DewarError BAD_ENV
 */
export function passedEnvironment(
  env: Readonly<Record<string, string>>,
  patterns: readonly string[],
  extra: readonly string[],
): Record<string, string> {
  for (const name of extra) if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw badName(name);
  const exact = new Set([...patterns, ...extra]);
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  const passes = (name: string): boolean =>
    exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
  return Object.fromEntries(Object.entries(env).filter(([name]) => passes(name)));
}

function badName(name: string): DewarError {
  return new DewarError({
    code: 'BAD_ENV',
    message: `${JSON.stringify(name)} is no name of an environment variable`,
    mend: 'give a name only, as in --env JAVA_HOME; its value comes from the environment',
  });
}
