import { DewarError } from '../core/errors.ts';

/** The time that a piece of work may take, whatever it tries. */
export interface Deadline extends Disposable {
  /** Aborts when the time is over, and when the user does. */
  readonly signal: AbortSignal;
  passed(): boolean;
  /** Milliseconds, at least 1. */
  left(): number;
}

/** Starts now. @param missing what there was not in time, for the error */
export function startDeadline(ms: number, user: AbortSignal, missing = 'no warm answer'): Deadline {
  const controller = new AbortController();
  const late = new DewarError({
    code: 'DEADLINE',
    message: `there was ${missing} within ${ms / 1000} s`,
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
