import { DewarError } from '../../core/errors.ts';
import { editDistance } from '../../core/edit-distance.ts';
import { packageText } from './graph-view.ts';

/**
 * @param typed a label as a person writes it
 * @returns the full spelling: `//a/b` is `//a/b:b`; `@//a` and `@@//a` are `//a:a`; other repositories keep their name
 * @throws DewarError BAD_LABEL for what names no single target
 */
export function fullLabel(typed: string): string {
  const [, repository = '', packageName, name] = /^(@{0,2}[^/:@]*)\/\/([^:]*)(?::(.*))?$/s.exec(typed) ?? [];
  if (packageName === undefined)
    throw badLabel(typed, 'it does not begin with //', `write it from the workspace on: ${guess(typed)}`);
  if (/(^|\/)\.\.\.$/.test(packageName) || PATTERNS.has(name ?? ''))
    throw badLabel(typed, 'it is a pattern', 'give labels of single targets');
  const own = name ?? packageName.slice(packageName.lastIndexOf('/') + 1);
  if (own === '')
    throw badLabel(typed, 'it names no target', `write ${typed}${name === undefined ? ':' : ''}name`);
  if (repository !== '' && !repository.startsWith('@'))
    throw badLabel(
      typed,
      'it does not begin with // or @',
      `write it from the workspace on: ${guess(typed)}`,
    );
  return `${repository.replace(/^@@?$/, '')}//${packageName}:${own}`;
}

const PATTERNS: ReadonlySet<string> = new Set(['all', '*', 'all-targets']);

/**
 * @param has whether one of the commits has a target of this label
 * @param mainNames names of the main repository, without `@`
 * @returns the spelling of `label` that the graphs have, if they have it
 */
export function knownSpelling(
  label: string,
  has: (label: string) => boolean,
  mainNames: ReadonlySet<string>,
): string | undefined {
  const spellings = [label];
  const [, repository = '', rest = ''] = /^@@?([^/]*)(\/\/.*)$/s.exec(label) ?? [];
  if (repository !== '') {
    if (mainNames.has(repository)) spellings.push(rest);
    spellings.push(`@${repository}${rest}`, `@@${repository}${rest}`);
  } else spellings.push(`@${label}`, `@@${label}`);
  // Bazel 7 and older print each byte of a name as one character.
  const byBytes = spellings.map((spelling) => Buffer.from(spelling, 'utf8').toString('latin1'));
  return [...spellings, ...byBytes].find(has);
}

/** What is shown of near names. */
const MOST = 3;
/** Beyond this many, only those of a similar length are compared. */
const MANY = 20_000;

/** @returns the labels most like one that does not exist, best first */
export function nearLabels(label: string, all: Iterable<string>): string[] {
  const packageName = packageText(label);
  const name = label.slice(packageName.length);
  const found: { label: string; score: number }[] = [];
  const labels = [...all];
  for (const other of labels) {
    const samePart = packageText(other) === packageName || other.endsWith(name);
    if (!samePart && labels.length > MANY && Math.abs(other.length - label.length) > 2) continue;
    if (!samePart && Math.abs(other.length - label.length) > limit(label)) continue;
    const score = editDistance(label, other);
    // Who has the package or the name right may have the other wrong altogether.
    if (score <= limit(label) || (samePart && score <= label.length * 0.6))
      found.push({ label: other, score });
  }
  found.sort((a, b) => a.score - b.score || (a.label < b.label ? -1 : 1));
  const best = found[0]?.score ?? 0;
  return found
    .filter(({ score }) => score <= best * 2)
    .slice(0, MOST)
    .map(({ label: near }) => near);
}

function limit(label: string): number {
  return Math.max(2, Math.floor(label.length * 0.25));
}

export function noSuchTarget(
  label: string,
  base: string,
  target: string,
  near: readonly string[],
): DewarError {
  return new DewarError({
    code: 'NO_SUCH_TARGET',
    message: `${label} is a target neither of ${base} nor of ${target}`,
    mend:
      near.length > 0
        ? `did you mean ${near.join(' or ')}?`
        : 'check its spelling: `bazel query //...:all-targets` lists all',
  });
}

function badLabel(typed: string, why: string, mend: string): DewarError {
  return new DewarError({
    code: 'BAD_LABEL',
    message: `${JSON.stringify(typed)} is no target: ${why}`,
    mend,
  });
}

function guess(typed: string): string {
  const bare = typed.replace(/^\/+/, '');
  return bare.startsWith(':') ? `//package${bare}` : `//${bare}`;
}
