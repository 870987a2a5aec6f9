import type { Change, ModuleChange } from './change.ts';
import type { Root } from './explain-roots.ts';
import type { NodeType } from './graph-view.ts';

/** Why a target is impacted, or that it is not. */
export interface TargetReason {
  /** As in hashes files. */
  target: string;
  /** Of the second commit; of the first for one that was removed. */
  type: NodeType;
  impacted: boolean;
  /** `removed`: only the first commit has it. */
  state: 'impacted' | 'unchanged' | 'removed';
  /** Dependency edges to the nearest change; null when it is not impacted. */
  distance: number | null;
  /** From the target that changed itself to this one. */
  chain: readonly { label: string; type: NodeType }[];
  /** Null when it is not impacted and not removed. */
  root: {
    label: string;
    changes: readonly Change[];
    location: string | null;
  } | null;
}

/** JSON of `dewar bazel why`. */
export interface WhyReport {
  base_sha: string;
  target_sha: string;
  /** How the first graph was had: from a snapshot of the store, or by a query. */
  base_graph: 'index' | 'query';
  /** Errors were passed over in one of the graphs: targets may be missing. */
  partial: boolean;
  impacted: number;
  modules: readonly ModuleChange[];
  targets: readonly TargetReason[];
}

export function rootOf(root: Root): NonNullable<TargetReason['root']> {
  return { label: root.label, changes: root.changes, location: root.location ?? null };
}
