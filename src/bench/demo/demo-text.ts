import { series } from '../measure/series.ts';
import { commitTable } from '../report/commit-table.ts';
import { count, duration } from '../report/units.ts';
import { machineText } from './machine-text.ts';
import type { DemoResult } from './run-demo.ts';

/** Said before anything starts. */
export const DEMO_INTRODUCTION: readonly string[] = [
  'Makes a Bazel project with a git history, records a snapshot of its base commit, and asks for each of six commits:',
  'which targets does it impact? Each answer comes twice, from the snapshot (dewar consume) and from a cold run of its',
  'own (fresh work tree, fresh Bazel server), and the two must be the same bytes. Then it freezes a machine of QEMU, where',
  'there can be one, and brings it back twice at once.',
];

/** The result for a terminal. */
export function demoText(result: DemoResult): string {
  const table = commitTable(
    result.rows.map((row) => ({
      ...row,
      kind: row.commit,
      consume: series([row.ms]),
      cold: series([row.cold_ms]),
    })),
  );
  const differing = result.rows.filter(({ equal }) => !equal).map(({ commit }) => commit);
  const verdict =
    differing.length === 0
      ? 'Every answer is equal to its cold run, byte for byte.'
      : `NOT EQUAL to the cold run: ${differing.join(', ')}.`;
  return `${count(result.targets)} targets in ${count(result.packages)} packages; recorded once in ${duration(result.record_ms)}.
${table}
${verdict} "time" is dewar consume as a whole process; "cold" is the query and the
comparison on a fresh server, without its checkout and with the base commit's hashes already at hand.

${machineText(result.machine)}

${nextSteps(result)}
`;
}

function nextSteps({ kept }: DemoResult): string {
  if (kept !== undefined)
    return `Kept in ${kept}: project, store and answers. Try a commit of your own in project, then
  dewar consume --workspace ${kept}/project --target-sha <commit> --store ${kept}/store --out impacted.txt`;
  return `Next, in a Bazel project of your own:
  dewar record --workspace . --base-sha origin/main --store ~/dewar-store
  dewar consume --workspace . --target-sha HEAD --store ~/dewar-store --out impacted.txt
To look at what the demo made: dewar demo --keep <dir>. Larger projects, with plots: dewar bench run --sizes 1000,15000`;
}
