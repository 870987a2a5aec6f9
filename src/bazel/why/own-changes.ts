import { isDeepStrictEqual } from 'node:util';
import type { Change } from './change.ts';
import type { GraphPair } from './graph-pair.ts';
import { packageText, sameDigest } from './graph-view.ts';
import { filePath } from './load-closure.ts';

/**
 * What the two graphs say about a target that changed itself. They know digests only, so that these stay open until a
 * query and git have said more: `definition` (the rule is another one), and every `file` and `bzl` whose event is
 * `other`.
 */
export function ownChanges(pair: GraphPair, label: string): Change[] {
  const [before, after] = [pair.before.type(label), pair.after.type(label)];
  if (before === undefined || after === undefined) return presence(pair, label);
  if (before !== after) {
    const generatedBy = pair.after.generatingRule(label);
    const named = generatedBy === undefined ? {} : { generatedBy };
    const change: Change = { kind: 'target-type', before, after, ...named };
    return before === 'SourceFile' || after === 'SourceFile' ? [change, openFile(label)] : [change];
  }
  const changes = CHANGES[after](pair, label);
  return changes.length > 0 ? changes : [{ kind: 'unknown' }];
}

/** The event that nobody has looked up yet. */
const OPEN = 'other';

const CHANGES: Record<
  'Rule' | 'SourceFile' | 'GeneratedFile' | 'PackageGroup',
  (pair: GraphPair, label: string) => Change[]
> = {
  Rule: (pair, label) => [
    ...(sameDigest(pair.before.ruleDigest(label), pair.after.ruleDigest(label))
      ? []
      : [{ kind: 'definition', why: 'it was not looked up' } as const]),
    ...starlarkChanges(pair, label),
    ...inputChanges(pair, label),
    ...(pair.after.isAlwaysAffected(label) ? [{ kind: 'always-affected' } as const] : []),
  ],
  SourceFile: (pair, label) => [
    ...fileChange(pair, label),
    ...loadsChange(pair, label),
    ...packageStarlark(pair, label),
  ],
  GeneratedFile: (pair, label) => {
    const [before = '', after = ''] = [pair.before.generatingRule(label), pair.after.generatingRule(label)];
    return before === after ? [] : [{ kind: 'generating-rule', before, after }];
  },
  PackageGroup: (_pair, label) => [{ kind: 'package-group', label }],
};

function presence(pair: GraphPair, label: string): Change[] {
  const added = pair.before.type(label) === undefined;
  const [with_, without] = added ? [pair.after, pair.before] : [pair.before, pair.after];
  const type = with_.type(label);
  if (type === undefined) return [];
  const packageName = packageText(label);
  const changes: Change[] = [];
  if (!without.hasPackage(packageName))
    changes.push({ kind: added ? 'package-added' : 'package-removed', package: packageName });
  changes.push({ kind: added ? 'target-added' : 'target-removed', type });
  if (type === 'SourceFile') changes.push(openFile(label));
  return changes;
}

function starlarkChanges(pair: GraphPair, rule: string): Change[] {
  const [before, after] = [pair.before.stack(rule), pair.after.stack(rule)];
  if (before === undefined && after === undefined) return packageStarlark(pair, rule);
  const changes: Change[] = [];
  for (const file of merged(before ?? [], after ?? [])) {
    if (before?.includes(file) !== true) changes.push({ kind: 'bzl', file, event: 'newly-used' });
    else if (after?.includes(file) !== true) changes.push({ kind: 'bzl', file, event: 'no-longer-used' });
    else if (!sameFile(pair, `//${file}`)) changes.push({ kind: 'bzl', file, event: OPEN });
  }
  return changes;
}

/** Without instantiation stacks (Bazel 4), each target of a package has the files that the package loads. */
function packageStarlark(pair: GraphPair, label: string): Change[] {
  const packageName = packageText(label);
  const known = [...pair.before.packageLoads(packageName), ...pair.after.packageLoads(packageName)];
  return merged(known, [])
    .filter((loaded) => !sameFile(pair, loaded))
    .map((loaded) => ({ kind: 'bzl', file: filePath(loaded), event: OPEN }));
}

function sameFile({ before, after }: GraphPair, label: string): boolean {
  return sameDigest(before.heuristicDigest(label), after.heuristicDigest(label));
}

function inputChanges(pair: GraphPair, rule: string): Change[] {
  const before = new Set(pair.before.inputs(rule));
  const after = new Set(pair.after.inputs(rule));
  const ofOtherTypes = new Set(pair.inputsOfOtherTypes(rule));
  return merged([...before], [...after]).flatMap((label): Change[] => {
    if (!before.has(label)) return added('input-added', label, pair.after.type(label));
    if (!after.has(label)) return added('input-removed', label, pair.before.type(label));
    const [was, is] = [pair.before.type(label), pair.after.type(label)];
    const sourceOfOne = was !== is && (was === 'SourceFile' || is === 'SourceFile');
    if (sourceOfOne || ofOtherTypes.has(label)) {
      const generatedBy = pair.after.generatingRule(label);
      const named = generatedBy === undefined ? {} : { generatedBy };
      const change: Change = { kind: 'input-type', label, before: was ?? null, after: is ?? null, ...named };
      return sourceOfOne ? [change, openFile(label)] : [change];
    }
    if (is === 'SourceFile') return [...fileChange(pair, label), ...loadsChange(pair, label)];
    return is === undefined && !sameFile(pair, label) ? [openFile(label)] : [];
  });
}

function added(kind: 'input-added' | 'input-removed', label: string, type: string | undefined): Change[] {
  const change = { kind, label, type: type ?? null };
  // Git knows whether the file itself is new or gone.
  return type === 'SourceFile' ? [change, openFile(label)] : [change];
}

function fileChange({ before, after }: GraphPair, label: string): Change[] {
  return sameDigest(before.sourceDigest(label), after.sourceDigest(label)) ? [] : [openFile(label)];
}

function loadsChange({ before, after }: GraphPair, label: string): Change[] {
  const [was, is] = [before.loads(label), after.loads(label)];
  if (isDeepStrictEqual(was, is)) return [];
  const added = is.filter((loaded) => !was.includes(loaded)).toSorted();
  const removed = was.filter((loaded) => !is.includes(loaded)).toSorted();
  return [{ kind: 'loads', label, added, removed }];
}

function openFile(label: string): Change {
  return { kind: 'file', label, file: filePath(label), event: OPEN };
}

function merged(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].toSorted();
}
