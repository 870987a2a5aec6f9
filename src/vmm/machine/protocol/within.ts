import { newDeferred } from '../../../core/deferred.ts';
import { DewarError } from '../../../core/errors.ts';
import { interrupted } from '../../../platform/run-command.ts';

export interface Limits {
  /** Milliseconds. */
  deadlineMs: number;
  signal?: AbortSignal | undefined;
  /** For messages: who is waited for, and what it shall do, such as `answer quit`. */
  peer: string;
  what: string;
}

/**
 * Waits for a promise.
 * @throws DewarError NO_ANSWER, INTERRUPTED; what the promise is rejected with
 */
export async function within<T>(promise: Promise<T>, limits: Limits): Promise<T> {
  const { deadlineMs, signal, peer, what } = limits;
  const ended = newDeferred<never>();
  const timer = setTimeout(() => ended.reject(noAnswer(peer, what, deadlineMs)), deadlineMs);
  const onAbort = (): void => ended.reject(interrupted(`waiting for ${peer}`, signal?.reason));
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

export function noAnswer(peer: string, what: string, deadlineMs: number): DewarError {
  return new DewarError({
    code: 'NO_ANSWER',
    message: `${peer} did not ${what} within ${deadlineMs / 1000} s`,
    mend: 'look into the log files of the machine; on a slow host set DEWAR_SLOW=<factor>',
  });
}
