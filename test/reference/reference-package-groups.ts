import type { ReferencePackageGroup } from './decode-proto.ts';
import type { ReferenceResult } from './reference-result.ts';
import { sha256 } from './sha256.ts';

/** Hashes and edges of package groups (decision 007), the first of a name. */
export function referencePackageGroups(
  all: readonly ReferencePackageGroup[],
  seed: Uint8Array,
): ReferenceResult {
  const groups = new Map<string, ReferencePackageGroup>();
  for (const group of all) if (!groups.has(group.name)) groups.set(group.name, group);
  const result: ReferenceResult = { hashes: new Map(), depEdges: new Map() };
  const direct = (name: string): Uint8Array => {
    const group = groups.get(name);
    if (group === undefined) throw new Error(`no group ${name}`);
    const text = [
      `n${name}\0`,
      ...sortedSet(group.containedPackages).map((packages) => `p${packages}\0`),
      ...sortedSet(group.includedPackageGroups).map((label) => `i${label}\0`),
    ].join('');
    return sha256(sha256(text), seed);
  };
  for (const [name, group] of groups) {
    const others = [...closure(groups, name, new Set())].filter((other) => other !== name).toSorted();
    result.hashes.set(name, {
      type: 'PackageGroup',
      hash: sha256(direct(name), ...others.map((other) => direct(other))).toString('hex'),
      direct: Buffer.from(direct(name)).toString('hex'),
    });
    result.depEdges.set(
      name,
      sortedSet(group.includedPackageGroups).filter((included) => groups.has(included)),
    );
  }
  return result;
}

/** Adds a group and what it includes, directly or not, to `found`. */
function closure(
  groups: ReadonlyMap<string, ReferencePackageGroup>,
  name: string,
  found: Set<string>,
): Set<string> {
  const group = groups.get(name);
  if (group === undefined || found.has(name)) return found;
  found.add(name);
  for (const included of group.includedPackageGroups) closure(groups, included, found);
  return found;
}

/** Without repetition, by UTF-16 code units (the order of `toSorted` without a function). */
function sortedSet(texts: readonly string[]): string[] {
  return [...new Set(texts)].toSorted();
}
