import { changedBaseRepos } from './reference-modules.ts';

/** A hashes file: `hash~directHash` or `Type#hash~directHash` by label, and the module graph if it is known. */
export interface ReferenceHashesFile {
  hashes: ReadonlyMap<string, string>;
  moduleGraphJson?: string | undefined;
}

export interface ReferenceImpactInput {
  starting: ReferenceHashesFile;
  final: ReferenceHashesFile;
  /** Labels of `rdeps(//..., @@repo//... + …)` for the given repos; undefined: the query failed. */
  rdeps?: (canonicalRepos: readonly string[]) => readonly string[] | undefined;
  targetTypes?: readonly string[] | undefined;
  /** Whether `//external:…` labels are left out. */
  dropExternal?: boolean;
}

export interface ReferenceDistance {
  label: string;
  targetDistance: number;
  packageDistance: number;
}

export interface ReferenceImpact {
  /** Sorted by kind, then label. */
  labels: string[];
  /** Whether a module changed in a way that needs `rdeps`. */
  moduleChanged: boolean;
}

const KINDS = ['SourceFile', 'GeneratedFile', 'Rule', 'PackageGroup'];

/** The plain list of impacted targets. */
export function referenceImpact(input: ReferenceImpactInput): ReferenceImpact {
  const { starting, final } = input;
  const byHash = hashDifference(starting.hashes, final.hashes);
  const repos = changedBaseRepos(starting.moduleGraphJson, final.moduleGraphJson, [...final.hashes.keys()]);
  const impacted = repos.length === 0 ? byHash : new Set([...byHash, ...moduleImpact(input, repos)]);
  return { labels: sortAndFilter(impacted, input), moduleChanged: repos.length > 0 };
}

/** The JSON list with distances, for a `depEdges` of the final hashes. */
export function referenceDistances(
  input: ReferenceImpactInput,
  depEdges: ReadonlyMap<string, readonly string[]>,
): ReferenceDistance[] {
  const { starting, final } = input;
  const { labels, moduleChanged } = referenceImpact(input);
  if (moduleChanged)
    return labels
      .filter((label) => final.hashes.has(label))
      .map((label) => ({ label, targetDistance: 0, packageDistance: 0 }));
  const impacted = hashDifference(starting.hashes, final.hashes);
  const memo = new Map<string, { target: number; package: number }>();
  const distance = (label: string): { target: number; package: number } => {
    const known = memo.get(label);
    if (known !== undefined) return known;
    const deps = isDirectChange(label, starting.hashes, final.hashes)
      ? []
      : (depEdges.get(label) ?? []).filter((dep) => impacted.has(dep));
    const result =
      deps.length === 0
        ? { target: 0, package: 0 }
        : {
            target: Math.min(...deps.map((dep) => distance(dep).target + 1)),
            package: Math.min(
              ...deps.map((dep) => distance(dep).package + (packageOf(dep) === packageOf(label) ? 0 : 1)),
            ),
          };
    memo.set(label, result);
    return result;
  };
  return labels.map((label) => {
    const { target, package: packages } = distance(label);
    return { label, targetDistance: target, packageDistance: packages };
  });
}

export function parseValue(value: string): { type: string | undefined; hash: string; direct: string } {
  const match = /^(?:([^#]*)#)?([^~]*)~(.*)$/.exec(value);
  if (match === null) throw new Error(`not a hash value: ${value}`);
  return { type: match[1], hash: match[2] ?? '', direct: match[3] ?? '' };
}

/** In final only, or with another value. */
function hashDifference(
  starting: ReadonlyMap<string, string>,
  final: ReadonlyMap<string, string>,
): Set<string> {
  return new Set([...final.keys()].filter((label) => starting.get(label) !== final.get(label)));
}

function isDirectChange(
  label: string,
  starting: ReadonlyMap<string, string>,
  final: ReadonlyMap<string, string>,
): boolean {
  const before = starting.get(label);
  const after = final.get(label);
  if (before === undefined || after === undefined) return true;
  return parseValue(before).direct !== parseValue(after).direct;
}

function moduleImpact(input: ReferenceImpactInput, repos: readonly string[]): string[] {
  const found = input.rdeps?.(repos);
  if (found !== undefined) return found.filter((label) => !label.startsWith('@@'));
  const all = [...input.final.hashes.keys()];
  const own = all.filter((label) => !label.startsWith('@@') && !label.startsWith('//external:'));
  return own.length > 0 ? own : all;
}

function sortAndFilter(impacted: ReadonlySet<string>, input: ReferenceImpactInput): string[] {
  const typeOf = (label: string): string | undefined => {
    const value = input.final.hashes.get(label) ?? input.starting.hashes.get(label);
    return value === undefined ? undefined : parseValue(value).type;
  };
  const rank = (label: string): number => {
    const type = typeOf(label);
    if (type === undefined) return KINDS.length + 1;
    return KINDS.includes(type) ? KINDS.indexOf(type) : KINDS.length;
  };
  return [...impacted]
    .filter((label) => !(input.dropExternal === true && label.startsWith('//external:')))
    .filter((label) => input.targetTypes === undefined || input.targetTypes.includes(typeOf(label) ?? ''))
    .toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : Number(a > b)));
}

function packageOf(label: string): string {
  return label.split(':')[0] ?? '';
}
