import { setTimeout as sleep } from 'node:timers/promises';
import type { Check, DoctorContext, Finding } from './check.ts';
import { findingOfError } from './finding-of-error.ts';

export type CheckResult = Pick<Check, 'id' | 'group' | 'title'> & Finding;

const DEADLINE_MS = 30_000;

/**
 * Makes all checks at the same time, each within its deadline.
 * @returns in the order of the checks
 * @throws DewarError INTERRUPTED
 */
export async function runChecks(checks: readonly Check[], context: DoctorContext): Promise<CheckResult[]> {
  const found = await Promise.all(checks.map((check) => runCheck(check, context)));
  context.signal?.throwIfAborted();
  return checks.flatMap(({ id, group, title }, index) =>
    (found[index] ?? []).map((finding) => ({ id, group, title, ...finding })),
  );
}

async function runCheck(check: Check, context: DoctorContext): Promise<readonly Finding[]> {
  const { deadlineMs = DEADLINE_MS, failure = 'problem' } = check;
  const over = new AbortController();
  const signals = [over.signal, ...(context.signal === undefined ? [] : [context.signal])];
  const late = async (): Promise<Finding> => {
    await sleep(deadlineMs, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
    return { level: 'warning', message: `no answer within ${deadlineMs / 1000} s` };
  };
  try {
    const found = await Promise.race([check.run({ ...context, signal: AbortSignal.any(signals) }), late()]);
    return found === undefined ? [] : [found].flat();
  } catch (error) {
    return [findingOfError(error, failure)];
  } finally {
    // Ends the programs of a check that is late.
    over.abort(new Error('the check is over'));
  }
}
