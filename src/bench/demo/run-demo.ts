import type { BenchContext } from '../bench-context.ts';
import { COMMIT_KINDS } from '../generate/commit-plans.ts';
import type { ProjectSpec } from '../generate/project-spec.ts';
import { coldAnswer, coldHashes } from '../lab/cold-answer.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { consumeCommit, recordBase, sameContent } from '../lab/snapshot-steps.ts';
import { phase } from './phase.ts';
import { showMachine } from './show-machine.ts';
import type { NoMachine, ShownMachine } from './show-machine.ts';

export interface DemoRow {
  commit: string;
  sha: string;
  tier: string;
  reason: string;
  impacted: number;
  /** `consume`, as a whole process. */
  ms: number;
  /** A cold run of its own: hashes of the target on a fresh server, and the difference to base hashes already there. */
  cold_ms: number;
  /** Whether both answers are the same bytes. */
  equal: boolean;
}

export interface DemoResult {
  targets: number;
  packages: number;
  base_sha: string;
  record_ms: number;
  rows: DemoRow[];
  equal: boolean;
  machine: ShownMachine | NoMachine;
  /** Where everything is, when it was kept. */
  kept?: string;
}

/**
 * Generates a project, records its base, consumes a commit of each kind, and checks each answer against a cold run; then
 * freezes and thaws a machine.
 * @param keep absent or empty directory for all files; else they are removed
 * @throws DewarError as its steps do
 */
export async function runDemo(spec: ProjectSpec, context: BenchContext, keep?: string): Promise<DemoResult> {
  await using lab = await openLab(spec, context, keep);
  const { base_sha, targets, packages } = lab.project;
  const record = await phase(
    lab.context,
    'record',
    `recording the base commit ${base_sha.slice(0, 10)}`,
    () => recordBase(lab),
  );
  const base = await phase(lab.context, 'cold-base', 'cold run of the base commit, to check against', () =>
    coldHashes(lab, 'base', base_sha),
  );
  const rows: DemoRow[] = [];
  for (const kind of COMMIT_KINDS)
    rows.push(await demoRow(lab, kind, lab.project.commits[kind], base.hashes));
  return {
    targets,
    packages,
    base_sha,
    record_ms: record.ms,
    rows,
    equal: rows.every(({ equal }) => equal),
    machine: await showMachine(lab.path('machine'), context),
    ...(keep === undefined ? {} : { kept: keep }),
  };
}

async function demoRow(lab: Lab, kind: string, sha: string, baseHashes: string): Promise<DemoRow> {
  const consumed = await phase(lab.context, `consume ${kind}`, `consuming the commit "${kind}"`, () =>
    consumeCommit(lab, kind, sha),
  );
  const cold = await phase(
    lab.context,
    `cold ${kind}`,
    `cold run of the commit "${kind}", to check against`,
    () => coldAnswer(lab, kind, sha, baseHashes),
  );
  const { tier, reason, impacted, cost } = consumed;
  const equal = await sameContent(consumed.out, cold.out);
  return { commit: kind, sha, tier, reason, impacted, ms: cost.ms, cold_ms: cold.ms, equal };
}
