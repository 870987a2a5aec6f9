import { DewarError } from '../core/errors.ts';

/** The time that a warm answer may take, whatever tiers it tries. */
export interface Deadline extends Disposable {
  /** Aborts when the time is over, and when the user does. */
  readonly signal: AbortSignal;
  passed(): boolean;
  /** Milliseconds, at least 1. */
  left(): number;
}

/** Starts now. */
export function startDeadline(ms: number, user: AbortSignal): Deadline {
  const controller = new AbortController();
  const late = new DewarError({
    code: 'DEADLINE',
    message: `there was no warm answer within ${ms / 1000} s`,
    mend: 'raise --deadline',
  });
  const timer = setTimeout(() => controller.abort(late), ms);
  const end = Date.now() + ms;
  return {
    signal: AbortSignal.any([user, controller.signal]),
    passed: () => controller.signal.aborted,
    left: () => Math.max(1, end - Date.now()),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
