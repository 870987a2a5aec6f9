import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { runDewar } from '../measure/run-dewar.ts';
import type { DewarCost } from '../measure/run-dewar.ts';
import type { Lab } from './lab.ts';

/** What is read of the report of `consume --json`. */
interface Report {
  tier: string;
  reason: string;
  impacted: number;
}

const Report: z.ZodType<Report> = z.object({ tier: z.string(), reason: z.string(), impacted: z.number() });

export interface Consumed extends Report {
  cost: DewarCost;
  /** Path of the impacted targets. */
  out: string;
}

/** `dewar record` of the base commit. */
export async function recordBase(lab: Lab): Promise<DewarCost> {
  return runSnapshotCommand(lab, ['record', '--base-sha', lab.project.base_sha]);
}

/** `dewar consume` of a commit, as a whole process. */
export async function consumeCommit(lab: Lab, name: string, commit: string): Promise<Consumed> {
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
  ]);
  return { ...Report.parse(JSON.parse(await readFile(reportPath, 'utf8'))), cost, out };
}

async function runSnapshotCommand(lab: Lab, [command = '', ...rest]: string[]): Promise<DewarCost> {
  const { dewar, env, signal, bazel } = lab.context;
  const common = ['--workspace', lab.project.out, '--store', lab.store, '--bazel', bazel];
  return runDewar(dewar, [command, ...common, ...rest], { cwd: lab.directory, env, signal });
}

/** Whether two files hold the same bytes. */
export async function sameContent(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([readFile(one), readFile(other)]);
  return a.equals(b);
}
