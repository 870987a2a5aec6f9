import { KIND } from '../../bazel/hash/target-table.ts';
import type { TargetTable } from '../../bazel/hash/target-table.ts';

/** @returns directories of up to `count` packages of the main repository, evenly spread over the graph */
export function samplePackages(table: TargetTable, count: number): string[] {
  const packages: string[] = [];
  for (let row = 0; row < table.sourceLabels.length; row++) {
    const match = BUILD_LABEL.exec(table.labels.text(table.sourceLabels.at(row)));
    if (match?.[1] !== undefined && table.isLive(KIND.source, row)) packages.push(match[1]);
  }
  const step = Math.max(1, packages.length / count);
  const sample = Array.from(
    { length: Math.min(count, packages.length) },
    (_, at) => packages[Math.floor(at * step)],
  );
  return [...new Set(sample.filter((name) => name !== undefined))];
}

const BUILD_LABEL = /^@{0,2}\/\/(.*):BUILD(?:\.bazel)?$/;
