import type { EngineOptions } from '../engine-options.ts';

export const DEFAULT_CQUERY_EXPRESSION = 'deps(//...:all-targets)';
export const EXTERNAL_TARGETS = "'//external:all-targets'";

/**
 * @param fineGrainedRepos as the user wrote them (the `@` is theirs), after expansion
 * @param withExternal whether `//external:all-targets` is asked for too
 */
export function queryExpression(
  options: Pick<EngineOptions, 'excludeTargetsQuery'>,
  fineGrainedRepos: readonly string[],
  withExternal: boolean,
): string {
  const parts = [
    ...(withExternal ? [EXTERNAL_TARGETS] : []),
    "'//...:all-targets'",
    ...fineGrainedRepos.map((repo) => `'${repo}//...:all-targets'`),
  ];
  return excluding(parts.join(' + '), options.excludeTargetsQuery);
}

export function cqueryExpression(
  options: Pick<EngineOptions, 'cqueryExpression' | 'excludeTargetsQuery'>,
): string {
  return excluding(options.cqueryExpression ?? DEFAULT_CQUERY_EXPRESSION, options.excludeTargetsQuery);
}

function excluding(expression: string, query: string | undefined): string {
  return query === undefined || query.trim() === '' ? expression : `(${expression}) except (${query})`;
}
