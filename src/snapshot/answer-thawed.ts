import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { copyToOutput } from '../platform/write-output.ts';
import type { Machine } from '../vmm/driver.ts';
import { MissError } from './consumption.ts';
import type { ChosenBundle, Consumption, Miss } from './consumption.ts';
import { readBaseHashes } from './read-base-hashes.ts';
import type { GraphEngine } from './engine.ts';
import type { Reason } from './reasons.ts';
import type { ConsumeReport } from './report.ts';

const PHASES = ['restore', 'checkout', 'query', 'impact'] as const;
const FAILURES = {
  restore: 'restore-failed',
  checkout: 'checkout-failed',
  query: 'query-failed',
  impact: 'impact-failed',
} as const satisfies Record<(typeof PHASES)[number], Reason>;

/**
 * Answers with the machine and the base hashes of a bundle.
 * @returns a miss for every failure; only the user's interruption and a broken `out` are errors
 * @throws DewarError INTERRUPTED, OUTPUT_NOT_WRITABLE
 */
export async function answerThawed(
  consumption: Consumption,
  chosen: ChosenBundle,
): Promise<ConsumeReport | Miss> {
  const { options, context } = consumption;
  const deadline = startDeadline(options.deadlineMs, context.signal);
  const attempt = new Attempt(consumption, chosen, deadline.signal);
  try {
    return await attempt.answer();
  } catch (error) {
    if (context.signal.aborted || (error instanceof DewarError && error.code === 'OUTPUT_NOT_WRITABLE'))
      throw error;
    consumption.phases.markFailed(PHASES);
    return missOf(error, attempt.phase, deadline.passed(), chosen);
  } finally {
    deadline.stop();
  }
}

class Attempt {
  phase: (typeof PHASES)[number] = 'restore';
  readonly #consumption: Consumption;
  readonly #chosen: ChosenBundle;
  readonly #signal: AbortSignal;
  readonly #end: number;

  constructor(consumption: Consumption, chosen: ChosenBundle, signal: AbortSignal) {
    this.#consumption = consumption;
    this.#chosen = chosen;
    this.#signal = signal;
    this.#end = Date.now() + consumption.options.deadlineMs;
  }

  async answer(): Promise<ConsumeReport> {
    const { driver, engine, view, context } = this.#consumption;
    const spec = { repository: view.repository, snapshot: this.#chosen.place };
    const driverContext = { emit: context.emit, signal: this.#signal };
    const machine = await this.#run('restore', 'bringing back the machine', () =>
      driver.restore(spec, driverContext),
    );
    let report: ConsumeReport;
    try {
      report = await this.#answerIn(machine);
    } catch (error) {
      if (context.signal.aborted) await machine.abandon();
      else await letGo(machine, error, engine, this.#signal.aborted);
      throw error;
    }
    await machine.shutdown();
    return report;
  }

  async #answerIn(machine: Machine): Promise<ConsumeReport> {
    const { engine, view, target, options, context, driver, fingerprint, phases } = this.#consumption;
    const engineContext = { emit: context.emit, signal: this.#signal };
    const run = (): ReturnType<typeof view.engineRun> =>
      view.engineRun(machine, Math.max(1, this.#end - Date.now()));
    await this.#run('checkout', `checking out ${target}`, () => machine.checkOut(target, engineContext));
    this.phase = 'query';
    const outcome = await phases.time('query', () => engine.hash(run(), engineContext));
    if (outcome.partial) throw new MissError('partial-graph', outcome.problems.join('; '));
    const { impacted } = await this.#run('impact', 'comparing the hashes', async () => {
      const starting = await readBaseHashes(engine, this.#chosen, machine);
      const out = join(machine.scratch, 'impacted');
      const found = await engine.impact(run(), { starting, final: outcome.hashes, out }, engineContext);
      this.#signal.throwIfAborted();
      await copyToOutput(out, options.out);
      return found;
    });
    return {
      tier: 'thawed',
      reason: machine.warm ? 'warm-server' : 'server-started',
      base_sha: this.#chosen.place.base,
      target_sha: target,
      fingerprint: fingerprint.digest,
      impacted,
      phases_ms: phases.toJSON(),
      driver: driver.name,
    };
  }

  #run<T>(phase: (typeof PHASES)[number], message: string, work: () => Promise<T>): Promise<T> {
    this.phase = phase;
    return this.#consumption.phases.run(phase, message, work);
  }
}

/** A machine that does not answer is removed; one that failed in an orderly way is kept. */
async function letGo(machine: Machine, error: unknown, engine: GraphEngine, aborted: boolean): Promise<void> {
  const late = aborted || (error instanceof DewarError && error.code === 'DEADLINE');
  if (late || !(await engine.serverAlive(machine.serverRoot))) await machine.kill();
  else await machine.shutdown();
}

function missOf(error: unknown, phase: keyof typeof FAILURES, late: boolean, chosen: ChosenBundle): Miss {
  const detail = error instanceof Error ? error.message : String(error);
  const isLate = late || (error instanceof DewarError && error.code === 'DEADLINE');
  const reason = error instanceof MissError ? error.reason : isLate ? 'deadline' : FAILURES[phase];
  return { reason, detail, base: chosen.place.base };
}

function startDeadline(
  ms: number,
  user: AbortSignal,
): { signal: AbortSignal; passed: () => boolean; stop: () => void } {
  const controller = new AbortController();
  const late = new DewarError({
    code: 'DEADLINE',
    message: `there was no warm answer within ${ms / 1000} s`,
    mend: 'raise --deadline',
  });
  const timer = setTimeout(() => controller.abort(late), ms);
  return {
    signal: AbortSignal.any([user, controller.signal]),
    passed: () => controller.signal.aborted,
    stop: () => clearTimeout(timer),
  };
}
