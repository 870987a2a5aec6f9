import type { BenchContext } from '../bench-context.ts';
import { COMMIT_KINDS, EXTRA_KINDS } from '../generate/commit-plans.ts';
import type { ProjectSpec } from '../generate/project-spec.ts';
import { coldAnswer, coldHashes } from '../lab/cold-answer.ts';
import type { ColdAnswer } from '../lab/cold-answer.ts';
import { bareQuery, generateHashes, getImpactedTargets, onSameServer } from '../lab/engine-steps.ts';
import type { Bench } from '../lab/engine-steps.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { consumeCommit, recordBase, sameContent } from '../lab/snapshot-steps.ts';
import { stopServersBelow } from '../lab/stop-servers.ts';
import type { DewarCost } from '../measure/run-dewar.ts';
import { series } from '../measure/series.ts';
import type { Series } from '../measure/series.ts';
import type { SizeReport } from '../report/bench-report.ts';
import type { CommitReport } from '../report/commit-report.ts';
import { measureTiers } from './measure-tiers.ts';

/** Makes a project of one size and takes every measurement on it, one after the other. */
export async function measureSize(
  spec: ProjectSpec,
  rounds: number,
  context: BenchContext,
): Promise<SizeReport> {
  await using lab = await openLab(spec, context);
  const tell = (message: string): void => {
    context.emit({ type: 'phase', phase: `${lab.project.targets} targets`, message });
  };

  tell('bare query on a fresh server');
  const warm: Bench = { workspace: lab.project.out, outputBase: lab.path('servers/warm') };
  const { cost: coldQuery, withExternal } = await firstQuery(lab, warm);
  tell(`bare query and generate-hashes in turn on the warm server, ${rounds} rounds`);
  const engine = await warmRounds(lab, warm, withExternal, rounds);
  tell('hashes of the base commit on a fresh server');
  const base = await coldHashes(lab, 'base', lab.project.base_sha);
  const cold = new Map<string, ColdAnswer>();
  for (const [kind, sha] of commitsOf(lab)) {
    tell(`cold run of the commit "${kind}"`);
    cold.set(kind, await coldAnswer(lab, kind, sha, base.hashes));
  }
  tell(`get-impacted-targets, ${rounds} rounds`);
  const impact = await impactRounds(lab, warm, base.hashes, cold.get('build')?.hashes ?? base.hashes, rounds);
  await stopServersBelow(warm.outputBase);

  tell('record');
  const record = await recordBase(lab);
  const commits: CommitReport[] = [];
  for (const [kind, sha] of commitsOf(lab)) {
    tell(`consume of the commit "${kind}", ${rounds} rounds`);
    const answer = cold.get(kind);
    if (answer !== undefined) commits.push(await measureConsume(lab, kind, sha, answer, rounds));
  }
  const tiers = await measureTiers(lab, {
    sources: { sha: lab.project.extra_commits.sources, cold: coldOf(cold, 'sources') },
    build: { sha: lab.project.commits.build, cold: coldOf(cold, 'build') },
    rounds,
    tell,
  });
  return {
    targets: lab.project.targets,
    spec,
    bare_query: engine.bare,
    generate_hashes: timesOf(engine.hashes),
    generate_hashes_peak_mib: peakOf(engine.hashes),
    cold_query: series([coldQuery.ms]),
    cold_generate_hashes: series([base.ms]),
    get_impacted_targets: timesOf(impact),
    get_impacted_targets_peak_mib: peakOf(impact),
    record: series([record.ms]),
    commits,
    tiers,
  };
}

function coldOf(answers: ReadonlyMap<string, ColdAnswer>, kind: string): string {
  const answer = answers.get(kind);
  if (answer === undefined) throw new TypeError(`no cold answer for ${kind}`);
  return answer.out;
}

function commitsOf({ project }: Lab): [string, string][] {
  return [
    ...COMMIT_KINDS.map((kind): [string, string] => [kind, project.commits[kind]]),
    ...EXTRA_KINDS.map((kind): [string, string] => [kind, project.extra_commits[kind]]),
  ];
}

/** The first query also shows whether this Bazel still has `//external`; the engine asks for it where there is one. */
async function firstQuery(lab: Lab, bench: Bench): Promise<{ cost: { ms: number }; withExternal: boolean }> {
  const first = await bareQuery(lab, bench, true, [0, 1, 3, 7]);
  if (first.exitCode === 0) return { cost: first, withExternal: true };
  await stopServersBelow(bench.outputBase);
  return { cost: await bareQuery(lab, bench, false), withExternal: false };
}

async function warmRounds(
  lab: Lab,
  bench: Bench,
  withExternal: boolean,
  rounds: number,
): Promise<{ bare: Series; hashes: DewarCost[] }> {
  const out = lab.path('hashes/warm.json');
  // Once without timing: the first run of anything pays for what later ones find ready.
  await generateHashes(lab, bench, out);
  const bare: number[] = [];
  const hashes: DewarCost[] = [];
  await onSameServer(bench.outputBase, async () => {
    for (let round = 0; round < rounds; round++) {
      bare.push((await bareQuery(lab, bench, withExternal)).ms);
      hashes.push(await generateHashes(lab, bench, out));
    }
  });
  return { bare: series(bare), hashes };
}

async function impactRounds(
  lab: Lab,
  bench: Bench,
  starting: string,
  final: string,
  rounds: number,
): Promise<DewarCost[]> {
  const costs: DewarCost[] = [];
  for (let round = 0; round < rounds; round++)
    costs.push(await getImpactedTargets(lab, bench, { starting, final, out: lab.path('answers/warm.txt') }));
  return costs;
}

async function measureConsume(
  lab: Lab,
  kind: string,
  sha: string,
  cold: ColdAnswer,
  rounds: number,
): Promise<CommitReport> {
  const costs: DewarCost[] = [];
  let equal = true;
  let last = { tier: '', reason: '', impacted: 0 };
  for (let round = 0; round < rounds; round++) {
    const consumed = await consumeCommit(lab, kind, sha);
    costs.push(consumed.cost);
    equal &&= await sameContent(consumed.out, cold.out);
    last = consumed;
  }
  return {
    kind,
    tier: last.tier,
    reason: last.reason,
    impacted: last.impacted,
    consume: timesOf(costs),
    consume_peak_mib: peakOf(costs),
    cold: series([cold.ms]),
    equal,
  };
}

function timesOf(costs: readonly DewarCost[]): Series {
  return series(costs.map(({ ms }) => ms));
}

function peakOf(costs: readonly DewarCost[]): number | undefined {
  const peaks = costs.flatMap(({ peakMib }) => (peakMib === undefined ? [] : [peakMib]));
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}
