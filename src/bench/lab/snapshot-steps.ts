import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DewarError } from '../../core/errors.ts';
import { runDewar } from '../measure/run-dewar.ts';
import type { DewarCost } from '../measure/run-dewar.ts';
import type { Lab } from './lab.ts';

/** What is read of the report of `consume --json`. */
interface Report {
  tier: string;
  reason: string;
  detail?: string | undefined;
  impacted: number;
  phases_ms: Record<string, number>;
}

const Report: z.ZodType<Report> = z.object({
  tier: z.string(),
  reason: z.string(),
  detail: z.string().optional(),
  impacted: z.number(),
  phases_ms: z.record(z.string(), z.number()),
});

export type Tier = 'graph' | 'partial' | 'thawed' | 'cold';

export interface Consumed extends Report {
  /** Of reading and checking the graph index; 0 where none was read. */
  indexMs: number;
  cost: DewarCost;
  /** Path of the impacted targets. */
  out: string;
}

const RecordReport = z.object({ phases_ms: z.record(z.string(), z.number()) });

export interface Recorded extends DewarCost {
  phasesMs: Record<string, number>;
}

/** `dewar record` of the base commit. */
export async function recordBase(lab: Lab): Promise<Recorded> {
  const path = lab.path('answers/record.json');
  const cost = await runSnapshotCommand(lab, ['record', '--base-sha', lab.project.base_sha, '--json'], path);
  const report = RecordReport.parse(JSON.parse(await readFile(path, 'utf8')));
  return { ...cost, phasesMs: report.phases_ms };
}

/**
 * `dewar consume` of a commit, as a whole process.
 * @param tier the one that must answer; any when absent
 * @throws DewarError BENCH_WRONG_TIER when another one did, BENCH_STEP_FAILED, INTERRUPTED
 */
export async function consumeCommit(lab: Lab, name: string, commit: string, tier?: Tier): Promise<Consumed> {
  const out = lab.path(`answers/${name}.txt`);
  const reportPath = lab.path(`answers/${name}.report.json`);
  const cost = await runSnapshotCommand(lab, [
    'consume',
    '--target-sha',
    commit,
    '--out',
    out,
    '--json',
    reportPath,
    ...(tier === undefined ? [] : ['--tier', tier]),
  ]);
  const report = Report.parse(JSON.parse(await readFile(reportPath, 'utf8')));
  if (tier !== undefined && report.tier !== tier) throw wrongTier(commit, tier, report);
  return { ...report, indexMs: report.phases_ms['index'] ?? 0, cost, out };
}

function wrongTier(commit: string, wanted: Tier, { tier, reason, detail }: Report): DewarError {
  const why = detail === undefined ? reason : `${reason}: ${detail}`;
  return new DewarError({
    code: 'BENCH_WRONG_TIER',
    message: `the ${wanted} tier was to be measured, but ${tier} answered for ${commit} (${why})`,
    mend: `run dewar consume --tier ${wanted} on a kept project (dewar demo --keep) to see what it says`,
  });
}

async function runSnapshotCommand(
  lab: Lab,
  [command = '', ...rest]: string[],
  stdout?: string,
): Promise<DewarCost> {
  const { dewar, env, signal, bazel } = lab.context;
  const common = ['--workspace', lab.project.out, '--store', lab.store, '--bazel', bazel];
  return runDewar(dewar, [command, ...common, ...lab.snapshotOptions, ...rest], {
    cwd: lab.directory,
    env,
    signal,
    ...(stdout === undefined ? {} : { stdout }),
  });
}

/** Whether two files hold the same bytes. */
export async function sameContent(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([readFile(one), readFile(other)]);
  return a.equals(b);
}
