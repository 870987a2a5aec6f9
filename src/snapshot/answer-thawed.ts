import { DewarError } from '../core/errors.ts';
import type { Machine } from '../vmm/driver.ts';
import { writeAnswer } from './answer-files.ts';
import { MissError } from './consumption.ts';
import type { ChosenBundle, Consumption, Miss } from './consumption.ts';
import type { Deadline } from './deadline.ts';
import { inMachine } from './in-machine.ts';
import { readBaseHashes } from './read-base-hashes.ts';
import type { Reason } from './reasons.ts';
import type { ConsumeReport } from './report.ts';

const PHASES = ['restore', 'checkout', 'query', 'impact'] as const;
type Phase = (typeof PHASES)[number];
const FAILURES = {
  restore: 'restore-failed',
  checkout: 'checkout-failed',
  query: 'query-failed',
  impact: 'impact-failed',
} as const satisfies Record<Phase, Reason>;

/**
 * Answers with the machine and the base hashes of a bundle.
 * @returns a miss for every failure; only the user's interruption and a broken `out` are errors
 * @throws DewarError INTERRUPTED, OUTPUT_NOT_WRITABLE
 */
export async function answerThawed(
  consumption: Consumption,
  chosen: ChosenBundle,
  deadline: Deadline,
): Promise<ConsumeReport | Miss> {
  const { context, phases } = consumption;
  let phase: Phase = 'restore';
  const onPhase = (next: Phase): void => {
    phase = next;
  };
  try {
    return await inMachine(
      consumption,
      chosen,
      deadline,
      (machine) => answerIn(consumption, chosen, deadline, machine, onPhase),
      onPhase,
    );
  } catch (error) {
    if (context.signal.aborted || (error instanceof DewarError && error.code === 'OUTPUT_NOT_WRITABLE'))
      throw error;
    phases.markFailed('warm', PHASES);
    return missOf(error, phase, deadline.passed(), chosen);
  }
}

async function answerIn(
  consumption: Consumption,
  chosen: ChosenBundle,
  deadline: Deadline,
  machine: Machine,
  onPhase: (phase: 'query' | 'impact') => void,
): Promise<ConsumeReport> {
  const { engine, view, target, options, context, driver, fingerprint, phases } = consumption;
  const engineContext = { emit: context.emit, signal: deadline.signal };
  onPhase('query');
  const outcome = await phases.time('query', () =>
    engine.hash(view.engineRun(machine, deadline.left()), engineContext),
  );
  if (outcome.partial) throw new MissError('partial-graph', outcome.problems.join('; '));
  onPhase('impact');
  const impacted = await phases.run('impact', 'comparing the hashes', async () => {
    const starting = await readBaseHashes(engine, chosen, machine);
    return writeAnswer(machine.scratch, options, deadline.signal, async (files) => {
      const input = { starting, final: outcome.hashes, out: files.impacted };
      const found = await engine.impact(view.engineRun(machine, deadline.left()), input, engineContext);
      if (files.hashes !== undefined) await outcome.hashes.write(files.hashes);
      return found;
    });
  });
  return {
    tier: 'thawed',
    reason: machine.warm ? 'warm-server' : 'server-started',
    base_sha: chosen.place.base,
    target_sha: target,
    fingerprint: fingerprint.digest,
    impacted,
    phases_ms: phases.toJSON(),
    driver: driver.name,
  };
}

function missOf(error: unknown, phase: Phase, late: boolean, chosen: ChosenBundle): Miss {
  const detail = error instanceof Error ? error.message : String(error);
  const isLate = late || (error instanceof DewarError && error.code === 'DEADLINE');
  const reason = error instanceof MissError ? error.reason : isLate ? 'deadline' : FAILURES[phase];
  return { reason, detail, base: chosen.place.base };
}
