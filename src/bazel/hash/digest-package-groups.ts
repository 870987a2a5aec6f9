import { hash } from 'node:crypto';
import { DigestList } from '../../core/columns.ts';
import type { LabelTable } from './label-table.ts';
import type { PackageGroups } from './package-groups.ts';

/** By row of a group. */
export interface PackageGroupDigests {
  direct: DigestList;
  overall: DigestList;
}

/**
 * direct = sha256(the group's own digest, seed); overall = sha256(direct, then the direct digest of each other group
 * that it includes, directly or not, in the order of their labels). Bazel prints groups that include each other in a
 * cycle without an error, and so this gives them a value.
 */
export function digestPackageGroups(
  groups: PackageGroups,
  labels: LabelTable,
  seed: Uint8Array,
): PackageGroupDigests {
  const direct = new DigestList();
  for (let row = 0; row < groups.length; row++)
    direct.set(row, hash('sha256', Buffer.concat([groups.groupDigests.at(row), seed]), 'buffer'));
  const overall = new DigestList();
  for (let row = 0; row < groups.length; row++) {
    const included = includedBy(groups, row).toSorted((a, b) =>
      labels.compare(groups.groupLabels.at(a), groups.groupLabels.at(b)),
    );
    const message = Buffer.concat([direct.at(row), ...included.map((other) => direct.at(other))]);
    overall.set(row, hash('sha256', message, 'buffer'));
  }
  return { direct, overall };
}

/** @returns the rows of the groups that a group includes, directly or not, without itself */
function includedBy(groups: PackageGroups, row: number): number[] {
  const found = new Set([row]);
  // The set grows while it is walked.
  for (const at of found)
    for (const label of groups.includesOf(at)) {
      const included = groups.rowOf(label);
      if (included !== undefined) found.add(included);
    }
  found.delete(row);
  return [...found];
}
