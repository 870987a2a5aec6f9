import { KIND } from '../hash/target-table.ts';
import type { TargetTable } from '../hash/target-table.ts';

/**
 * @param packages directories in the main repository
 * @returns the ids of the labels of all their targets
 */
export function targetsOfPackages(table: TargetTable, packages: readonly string[]): number[] {
  const wanted = new Set(packages.flatMap((name) => PREFIXES.map((prefix) => `${prefix}${name}`)));
  const found: number[] = [];
  let last: Buffer = Buffer.alloc(0);
  let isWanted = false;
  for (const [kind, column] of [
    [KIND.rule, table.ruleLabels],
    [KIND.source, table.sourceLabels],
    [KIND.generated, table.generatedLabels],
  ] as const)
    for (let row = 0; row < column.length; row++) {
      const label = column.at(row);
      // Bazel prints the targets of a package together.
      if (last.length === 0 || !table.labels.startsWith(label, last)) {
        const bytes = table.labels.bytes(label);
        last = bytes.subarray(0, bytes.indexOf(COLON) + 1);
        isWanted = wanted.has(bytes.toString('latin1', 0, Math.max(0, last.length - 1)));
      }
      if (isWanted && table.isLive(kind, row)) found.push(label);
    }
  return found;
}

const PREFIXES = ['//', '@//', '@@//'];
const COLON = 0x3a;
