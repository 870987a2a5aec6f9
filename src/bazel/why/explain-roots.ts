import type { Change, ModuleChange } from './change.ts';
import { eventsOf, withFileEvents } from './file-events.ts';
import type { TreePair } from './file-events.ts';
import type { GraphPair } from './graph-pair.ts';
import { packageText } from './graph-view.ts';
import type { ConeNode } from './impact-cone.ts';
import { filePath, loadClosure } from './load-closure.ts';
import { ownChanges } from './own-changes.ts';
import { ruleChanges } from './rule-changes.ts';
import type { RuleDescription } from './rule-description.ts';

/** What changed at a target that changed itself. */
export interface Root {
  label: string;
  changes: readonly Change[];
  /** `file:line` of the rule in the second commit; undefined where Bazel did not say. */
  location: string | undefined;
}

export type CommitSide = 'before' | 'after';

/** Asks Bazel at one of the two commits. */
export interface RootQueries {
  rules(side: CommitSide, labels: readonly string[]): Promise<ReadonlyMap<string, RuleDescription>>;
  /** @returns labels of the .bzl files that the targets' packages load at the second commit */
  loadedFiles(labels: readonly string[]): Promise<readonly string[]>;
  /** @returns the text of a file of the workspace at the second commit */
  text(path: string): Promise<string | undefined>;
}

export interface RootContext {
  trees: TreePair;
  modules: readonly ModuleChange[];
  ignoredAttributes: readonly string[];
  /** Names of the main repository, without `@`. */
  mainNames: ReadonlySet<string>;
  /** Rules to ask Bazel about at most; the others' attributes stay unknown. */
  mostRules: number;
}

/**
 * Finds out what changed at some targets: from the graphs, from git, and for attributes from Bazel. Bazel is asked
 * twice at most for all of them, first at the second commit.
 */
export async function explainRoots(
  pair: GraphPair,
  roots: readonly Pick<ConeNode, 'label' | 'byModule'>[],
  queries: RootQueries,
  context: RootContext,
): Promise<Map<string, Root>> {
  const own = new Map<string, Change[]>();
  for (const { label, byModule } of roots)
    own.set(label, byModule ? [{ kind: 'module', modules: context.modules }] : ownChanges(pair, label));
  const open = [...own].flatMap(([label, changes]) =>
    changes.some(({ kind }) => kind === 'definition') ? [label] : [],
  );
  const asked = open.slice(0, context.mostRules);
  const after = await ask(queries, 'after', asked);
  const details = new Map<string, Change[]>();
  if (asked.length > 0) {
    const before = await ask(queries, 'before', asked);
    for (const label of asked) {
      const [was, is] = [before.get(label), after.get(label)];
      if (was === undefined || is === undefined) continue;
      details.set(label, ruleChanges(was, is, context.ignoredAttributes, []));
    }
    await nameChangedFiles(pair, details, queries, context);
  }
  const found = new Map<string, Root>();
  for (const [label, changes] of own) {
    const why = asked.includes(label)
      ? 'Bazel shows no difference'
      : `only the first ${context.mostRules} rules are looked up`;
    const detailed = changes.flatMap((change): Change[] => {
      if (change.kind !== 'definition') return [change];
      const known = details.get(label) ?? [];
      return known.length > 0 ? known : [{ kind: 'definition', why }];
    });
    found.set(label, {
      label,
      changes: withFileEvents(detailed, context.trees),
      location: after.get(label)?.location?.replace(/:\d+$/, ''),
    });
  }
  return found;
}

async function ask(
  queries: RootQueries,
  side: CommitSide,
  labels: readonly string[],
): Promise<ReadonlyMap<string, RuleDescription>> {
  return labels.length === 0 ? new Map() : queries.rules(side, labels);
}

/** Says which .bzl files changed, where the code of a rule did. */
async function nameChangedFiles(
  { after }: GraphPair,
  details: Map<string, Change[]>,
  queries: RootQueries,
  { trees, mainNames }: RootContext,
): Promise<void> {
  const loads = new Map<string, readonly string[]>();
  for (const [label, changes] of details) {
    const code = changes.find((change) => change.kind === 'implementation');
    if (code === undefined) continue;
    const packageName = packageText(label);
    let loaded = loads.get(packageName);
    if (loaded === undefined) {
      loaded = after.packageLoads(packageName);
      // Bazel names the loads of BUILD files only, not those of BUILD.bazel files.
      if (loaded.length === 0 && loads.size < MOST_PACKAGES) loaded = await queries.loadedFiles([label]);
      loads.set(packageName, loaded);
    }
    const start = code.definedIn?.replace(/(:\d+)*$/, '') ?? '';
    const parts = await loadClosure(start, loaded, (path) => queries.text(path), mainNames);
    const changed = (paths: Iterable<string>): string[] =>
      [...new Set(paths)].filter((file) => eventsOf(file, trees).length > 0).toSorted();
    const own = changed(parts);
    // Its code may be reached through another repository: then all that the package loads may be a part of it.
    const files = own.length > 0 ? own : changed(loaded.map(filePath));
    details.set(
      label,
      changes.map((change) => (change === code ? { ...code, files } : change)),
    );
  }
}

const MOST_PACKAGES = 16;
