import { answerFromIndex } from './answer-index.ts';
import { answerThawed } from './answer-thawed.ts';
import type { ChosenBundle, Consumption, Miss } from './consumption.ts';
import { startDeadline } from './deadline.ts';
import type { ConsumeReport } from './report.ts';
import { answeringTo, keptAnswer, rowOf } from './verify-cold.ts';
import type { KeptAnswer } from './verify-compare.ts';
import type { TierReport } from './verify-report.ts';

/** One tier's answer, not yet compared. */
export interface TierRun {
  row: TierReport;
  /** Undefined when there is no answer. */
  files: KeptAnswer | undefined;
}

type WarmTier = 'graph' | 'partial' | 'thawed';
type Answered = ConsumeReport | { why: string; failed: boolean };

/**
 * Answers by one tier or not at all.
 * @param chosen the bundle, or why none can be used
 * @throws DewarError INTERRUPTED, OUTPUT_NOT_WRITABLE
 */
export async function runTier(
  consumption: Consumption,
  tier: WarmTier,
  chosen: ChosenBundle | string | undefined,
  directory: string,
): Promise<TierRun> {
  const start = performance.now();
  const without = (outcome: 'not-applicable' | 'failed', why: string, phases_ms = {}): TierRun => ({
    row: {
      tier,
      outcome,
      why,
      impacted: null,
      set_sha256: null,
      hashes_sha256: null,
      phases_ms,
      ms: Math.round(performance.now() - start),
    },
    files: undefined,
  });
  if (chosen === undefined || typeof chosen === 'string')
    return without('not-applicable', chosen ?? 'there is no snapshot');
  const files = keptAnswer(directory, tier);
  const asked = answeringTo(consumption, files);
  asked.context.emit({ type: 'note', message: `${tier}: ${WORK[tier]}` });
  const found = await answer(asked, tier, chosen);
  if ('why' in found)
    return without(found.failed ? 'failed' : 'not-applicable', found.why, asked.phases.toJSON());
  return { row: await rowOf(found, tier, 'agrees', files, start), files };
}

const WORK: Record<WarmTier, string> = {
  graph: 'the graph index alone',
  partial: 'a query of the packages that have changed files, and the graph index',
  thawed: 'a query of everything on the warm server',
};

async function answer(asked: Consumption, tier: WarmTier, chosen: ChosenBundle): Promise<Answered> {
  using deadline = startDeadline(asked.options.deadlineMs, asked.context.signal);
  if (tier === 'thawed') return thawed(await answerThawed(asked, chosen, deadline));
  const found = await answerFromIndex(asked, chosen, deadline, tier);
  return 'why' in found ? { why: found.why, failed: found.failed === true } : found;
}

function thawed(found: ConsumeReport | Miss): Answered {
  if ('tier' in found) return found;
  const why = found.detail === undefined ? found.reason : `${found.reason}: ${found.detail}`;
  // A graph with errors is never answered from, by design.
  return { why, failed: found.reason !== 'partial-graph' };
}
