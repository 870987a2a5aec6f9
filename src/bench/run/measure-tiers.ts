import type { Lab } from '../lab/lab.ts';
import { consumeCommit, sameContent } from '../lab/snapshot-steps.ts';
import type { Consumed, Tier } from '../lab/snapshot-steps.ts';
import { stopServersBelow } from '../lab/stop-servers.ts';
import { series } from '../measure/series.ts';
import type { TierReport, TierReports } from '../report/bench-report.ts';

export interface TierQuestion {
  /** Commit with ten changed source files, and what a cold run says of it. */
  sources: { sha: string; cold: string };
  /** Commit with one changed BUILD file. */
  build: { sha: string; cold: string };
  rounds: number;
  tell: (message: string) => void;
}

/**
 * Times the tiers that need no whole graph, each by itself. Nothing is measured of a tier that did not answer.
 * @throws DewarError BENCH_WRONG_TIER
 */
export async function measureTiers(
  lab: Lab,
  { sources, build, rounds, tell }: TierQuestion,
): Promise<TierReports> {
  const ask = async (tier: Tier, { sha, cold }: TierQuestion['build']): Promise<Answered> => {
    const consumed = await consumeCommit(lab, `tier-${tier}`, sha, tier);
    return { ...consumed, equal: await sameContent(consumed.out, cold) };
  };

  tell(`consume in the graph tier, ${rounds} rounds`);
  // Once without timing: the first run of anything pays for what later ones find ready.
  await ask('graph', sources);
  const graph = await times(rounds, () => ask('graph', sources));
  tell(`consume in the partial tier on a warm server, ${rounds} rounds`);
  await ask('partial', build);
  const partial = await times(rounds, () => ask('partial', build));
  const cold = Math.min(rounds, 3);
  tell(`consume in the partial tier on a fresh server, ${cold} rounds`);
  const partialCold = await times(cold, async () => {
    await stopServersBelow(lab.path('cache'));
    return ask('partial', build);
  });
  return { graph, partial, partial_cold_server: partialCold };
}

interface Answered extends Consumed {
  /** Whether the answer is the cold one, byte for byte. */
  equal: boolean;
}

async function times(count: number, work: () => Promise<Answered>): Promise<TierReport> {
  const answers: Answered[] = [];
  for (let round = 0; round < count; round++) answers.push(await work());
  const peaks = answers.flatMap(({ cost }) => (cost.peakMib === undefined ? [] : [cost.peakMib]));
  return {
    consume: series(answers.map(({ cost }) => cost.ms)),
    index: series(answers.map(({ indexMs }) => indexMs)),
    peak_mib: peaks.length === 0 ? undefined : Math.max(...peaks),
    equal: answers.every(({ equal }) => equal),
  };
}
