import { decodedSpelling } from '../hash/source-path.ts';
import type { Change, FileEvent } from './change.ts';

/** A path in the tree of a commit. */
export interface TreeEntry {
  /** As git writes it: 100644, 100755, 120000 (a link), 160000 (a submodule). */
  mode: string;
  object: string;
}

/** By path, relative to the workspace; only what differs between the commits needs to be there. */
export interface TreePair {
  before: ReadonlyMap<string, TreeEntry>;
  after: ReadonlyMap<string, TreeEntry>;
}

/**
 * Puts in what git knows: the events of files, where the graphs said only that something is another one.
 * A file that merely entered or left a rule, and is the same in both commits, is left out.
 */
export function withFileEvents(changes: readonly Change[], trees: TreePair): Change[] {
  return changes.flatMap((change): Change[] => {
    if ((change.kind !== 'file' && change.kind !== 'bzl') || change.event !== 'other') return [change];
    const events = eventsOf(change.file, trees);
    if (events.length > 0) return events.map((event) => ({ ...change, event }));
    return change.kind === 'file' && isExplained(change.label, changes) ? [] : [change];
  });
}

/** @returns what the trees say about a path; nothing when it is the same in both */
export function eventsOf(path: string, { before, after }: TreePair): FileEvent[] {
  const [was, is] = [entryOf(before, path), entryOf(after, path)];
  if (was === undefined || is === undefined)
    return was === is ? [] : [was === undefined ? 'added' : 'removed'];
  if (kindOf(was) !== kindOf(is)) return ['type'];
  const events: FileEvent[] = [];
  if (was.object !== is.object) events.push('content');
  if (was.mode !== is.mode) events.push('mode');
  return events;
}

/** Something else than its file has changed for this label. */
function isExplained(label: string, changes: readonly Change[]): boolean {
  return changes.some(
    (change) =>
      OF_TARGET.has(change.kind) ||
      (OF_INPUT.has(change.kind) && 'label' in change && change.label === label),
  );
}

const OF_TARGET: ReadonlySet<Change['kind']> = new Set(['target-added', 'target-removed', 'target-type']);
const OF_INPUT: ReadonlySet<Change['kind']> = new Set([
  'input-added',
  'input-removed',
  'input-type',
  'loads',
]);

function entryOf(tree: ReadonlyMap<string, TreeEntry>, path: string): TreeEntry | undefined {
  const decoded = decodedSpelling(path);
  return tree.get(path) ?? (decoded === undefined ? undefined : tree.get(decoded));
}

/** The file types of git are the first three digits. */
function kindOf({ mode }: TreeEntry): string {
  return mode.slice(0, 3);
}
