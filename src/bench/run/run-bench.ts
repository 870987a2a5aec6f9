import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { writeOutput } from '../../platform/write-output.ts';
import type { BenchContext } from '../bench-context.ts';
import type { ProjectSpec } from '../generate/project-spec.ts';
import { measureCaches } from '../caches/measure-caches.ts';
import { describeMachine } from '../measure/machine.ts';
import { series } from '../measure/series.ts';
import { timeProcess } from '../measure/time-process.ts';
import { measureMachines } from '../machines/measure-machines.ts';
import type { BenchReport, SizeReport } from '../report/bench-report.ts';
import { htmlReport } from '../report/html-report.ts';
import { warmAnswers } from '../report/warm-answers.ts';
import { measureWorkspaces } from '../workspaces/measure-workspaces.ts';
import { measureSize } from './measure-size.ts';

export interface BenchRequest {
  sizes: readonly ProjectSpec[];
  /** Whether machines are measured; the seed is of the project in a guest. */
  machines: { seed: number } | undefined;
  /** Whether workspaces are, and caches. */
  workspaces: boolean;
  caches: boolean;
  /** Repeats of each warm measurement. */
  rounds: number;
  /** Absolute path of a directory for the two reports; made when absent. */
  out: string;
}

export interface BenchOutcome {
  report: BenchReport;
  json: string;
  html: string;
}

/**
 * Measures every size, and writes a report as JSON and as HTML after each, so that a long run that breaks off leaves
 * what it had.
 * @throws DewarError BENCH_OUT_UNUSABLE, and as its steps do
 */
export async function runBench(request: BenchRequest, context: BenchContext): Promise<BenchOutcome> {
  const started = new Date().toISOString();
  await assertUsable(request.out);
  const name = `bench-${started.slice(0, 19).replaceAll(':', '').replace('T', '-')}`;
  const json = join(request.out, `${name}.json`);
  const html = join(request.out, `${name}.html`);
  const machine = await describeMachine(context.bazel, context.env, context.signal);
  const startup = await measureStartup(request.rounds, request.out, context);
  const sizes: SizeReport[] = [];
  let machines: BenchReport['machines'];
  let workspaces: BenchReport['workspaces'];
  let caches: BenchReport['caches'];
  const report = (): BenchReport => ({
    format: 'dewar-bench-1',
    started_at: started,
    dewar: context.version,
    machine,
    rounds: request.rounds,
    startup,
    sizes,
    ...(machines === undefined ? {} : { machines }),
    ...(workspaces === undefined ? {} : { workspaces }),
    ...(caches === undefined ? {} : { caches }),
    equal: warmAnswers({ sizes, machines }).every(({ equal }) => equal),
  });
  const write = async (): Promise<void> => {
    await writeOutput(json, `${JSON.stringify(report(), undefined, 2)}\n`);
    await writeOutput(html, htmlReport(report()));
  };
  for (const spec of request.sizes) {
    sizes.push(await measureSize(spec, request.rounds, context));
    await write();
  }
  if (request.workspaces) {
    workspaces = await measureWorkspaces(request.rounds, context);
    await write();
  }
  if (request.caches) {
    caches = await measureCaches(request.rounds, context);
    await write();
  }
  if (request.machines !== undefined) {
    const { rounds } = request;
    machines = await measureMachines({ rounds, ...request.machines }, context, async (restores) => {
      machines = restores;
      await write();
    });
    await write();
  }
  return { report: report(), json, html };
}

async function measureStartup(
  rounds: number,
  cwd: string,
  context: BenchContext,
): Promise<BenchReport['startup']> {
  const { env, signal, dewar } = context;
  const help: number[] = [];
  const node: number[] = [];
  for (let round = 0; round < 2 * rounds + 1; round++) {
    node.push((await timeProcess({ file: dewar.node, args: ['-e', '0'], cwd, env, signal })).ms);
    help.push((await timeProcess({ file: dewar.node, args: [dewar.script, '--help'], cwd, env, signal })).ms);
  }
  return { dewar_help: series(help), node: series(node) };
}

async function assertUsable(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (cause) {
    throw new DewarError({
      code: 'BENCH_OUT_UNUSABLE',
      message: `no report can be written to ${directory}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`,
      mend: 'give --out a directory that you may write to',
      cause,
    });
  }
}
