import type { z } from 'zod';

export type Path = readonly PropertyKey[];

export interface Problem {
  path: Path;
  /** `network.ports[1] is "https"; it must be a port, …` */
  text: string;
}

/**
 * @param raw what was checked
 * @returns what is wrong with it, unknown keys first: other problems may come of them; a value of `env` is never shown
 */
export function describeIssues(raw: unknown, issues: readonly z.core.$ZodIssue[]): Problem[] {
  const all = issues.flatMap(innermost);
  const unknown = all.filter(({ code }) => code === 'unrecognized_keys');
  return [...unknown, ...all.filter((issue) => !unknown.includes(issue))].map((issue) =>
    describeIssue(raw, issue),
  );
}

function describeIssue(raw: unknown, issue: z.core.$ZodIssue): Problem {
  const path = issue.path;
  const place = formatPath(path);
  if (issue.code === 'unrecognized_keys')
    return { path: [...path, ...issue.keys.slice(0, 1)], text: `${place}: ${issue.message}` };
  if (issue.code === 'invalid_key') {
    const name = shorten(JSON.stringify(String(path.at(-1))));
    const mustBe = issue.issues[0]?.message ?? 'another name';
    return { path, text: `${formatPath(path.slice(0, -1))}: the name ${name} must be ${mustBe}` };
  }
  const value = valueAt(raw, path);
  if (value === undefined) return { path, text: `${place} is missing; it must be ${mustBeOf(issue)}` };
  return { path, text: `${place} is ${describeValue(value, isSecret(path))}; it must be ${mustBeOf(issue)}` };
}

/** @returns the issues of the branch of a union that the value was most likely meant to be */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const branches = issue.errors.filter((branch) => !branch.some(isWrongType)).toSorted(byLength);
  const [nearest] = branches;
  if (nearest === undefined) return [issue];
  return nearest.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
}

function byLength(a: readonly unknown[], b: readonly unknown[]): number {
  return a.length - b.length;
}

/** The value itself is of another type than the branch, or no function. */
function isWrongType({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'custom');
}

function mustBeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.expected === 'object') return 'an object';
  return issue.message;
}

/** @returns `network.ports[1]`, `env["A B"]`; `the config` for the whole of it */
export function formatPath(path: Path): string {
  const text = path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`;
    const name = String(part);
    if (/^[A-Za-z_$][\w$]*$/.test(name)) return before === '' ? name : `${before}.${name}`;
    return `${before}[${shorten(JSON.stringify(name))}]`;
  }, '');
  return text === '' ? 'the config' : text;
}

function isSecret(path: Path): boolean {
  return path[0] === 'env';
}

function describeValue(value: unknown, secret: boolean): string {
  if (value === null) return 'empty (null)';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise';
  switch (typeof value) {
    case 'string':
      return secret ? 'a text that is not shown here' : shorten(JSON.stringify(value));
    case 'number':
    case 'boolean':
    case 'bigint':
      return secret ? `a ${typeof value}` : String(value);
    case 'object':
      return 'an object';
    default:
      return `a ${typeof value}`;
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<PropertyKey, unknown>)[part]
        : undefined,
    raw,
  );
}
