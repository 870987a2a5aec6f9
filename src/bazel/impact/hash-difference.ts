import type { HashesDocument } from '../hashes-document.ts';

/** @returns the labels that are new in `final`, or whose value (type, hash or direct hash) differs */
export function hashDifference(starting: HashesDocument, final: HashesDocument): Set<string> {
  const changed = new Set<string>();
  for (const [label, value] of final.hashes) if (starting.hashes.get(label) !== value) changed.add(label);
  return changed;
}
