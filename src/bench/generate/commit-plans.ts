import { packageFiles, sourceName } from './package-files.ts';
import type { PlannedFile } from './package-files.ts';
import { GROUPS, layerStart, packageLayout } from './package-layout.ts';
import type { ProjectSpec } from './project-spec.ts';
import { groupFile, moduleFile, workspaceFile } from './shared-files.ts';

export const COMMIT_KINDS = ['source', 'build', 'bzl', 'added', 'removed', 'module'] as const;
export type CommitKind = (typeof COMMIT_KINDS)[number];

/** For measurements: ten source files, far apart, in one commit. */
export const EXTRA_KINDS = ['sources'] as const;
export type ExtraKind = (typeof EXTRA_KINDS)[number];

export interface CommitPlan {
  kind: CommitKind | ExtraKind;
  message: string;
  /** Files written or replaced. */
  writes: readonly PlannedFile[];
  /** Paths removed. */
  removes: readonly string[];
}

/** One commit of each kind on top of the base; each touches a package in the middle layer, so that something depends on it. */
export function commitPlans(spec: ProjectSpec): CommitPlan[] {
  const middle = middlePackage(spec);
  const globbed = packageLayout(spec, middle - (middle % 4)).path;
  const { path, group } = packageLayout(spec, middle);
  const source = editedSource(path);
  return [
    plan('source', `Edit ${source.path}`, [source]),
    plan('build', `Edit an attribute of //${path}:lib_0`, editedBuildFile(spec, middle)),
    plan('bzl', `Edit //build/defs:group_${group % GROUPS}.bzl`, [groupFile(group, 2)]),
    plan('added', `Add a file that the glob of //${globbed}:data sees`, [
      { path: `${globbed}/data/c.txt`, content: 'added\n' },
    ]),
    plan('removed', `Remove a file that the glob of //${globbed}:data sees`, [], [`${globbed}/data/b.txt`]),
    plan('module', 'Move to versions 2.0.0', [moduleFile(2), workspaceFile(2)]),
    plan('sources', 'Edit source files far apart', farApart(spec).map(editedSource)),
  ];
}

function plan(
  kind: CommitPlan['kind'],
  message: string,
  writes: readonly PlannedFile[],
  removes: readonly string[] = [],
): CommitPlan {
  return { kind, message, writes, removes };
}

function editedSource(packagePath: string): PlannedFile {
  const path = `${packagePath}/${sourceName(0, 0)}`;
  return { path, content: `${path}\nedited\n` };
}

function farApart(spec: ProjectSpec): string[] {
  const files = Math.min(10, spec.packages);
  return Array.from(
    { length: files },
    (_, n) => packageLayout(spec, Math.floor((n * spec.packages) / files)).path,
  );
}

function middlePackage(spec: ProjectSpec): number {
  const layer = Math.floor((spec.layers - 1) / 2);
  const first = layerStart(spec, layer);
  return first + Math.floor((layerStart(spec, layer + 1) - first) / 2);
}

function editedBuildFile(spec: ProjectSpec, index: number): PlannedFile[] {
  return packageFiles(spec, index, { revision: 2 }).filter(({ path }) => path.endsWith('/BUILD.bazel'));
}
