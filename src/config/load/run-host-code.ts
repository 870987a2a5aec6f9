import { closeSync } from 'node:fs';
import { newDeferred } from '../../core/deferred.ts';
import { DewarError } from '../../core/errors.ts';
import { placeInStack } from './place-in-stack.ts';
import { stdoutToStderr } from './stdout-to-stderr.ts';
import { trapExit } from './trap-exit.ts';
import { startWatchdog } from './watchdog.ts';

export interface CodeLimits {
  /** For messages. */
  file: string;
  deadlineMs: number;
  signal: AbortSignal | undefined;
}

/** How much later than the deadline the main thread is taken for stuck. */
const STUCK_MS = 500;

/**
 * Runs code of a config's in this process, with its stdout on stderr. It may not end the process, and has to end in time:
 * where it runs in circles, the process ends with a report.
 * @throws DewarError CONFIG_HANGS, INTERRUPTED; ExitTrapped; what the code throws
 */
export async function runHostCode<T>(work: () => Promise<T>, limits: CodeLimits): Promise<T> {
  limits.signal?.throwIfAborted();
  using bounds = setBounds(limits);
  return await Promise.race([work(), bounds.ended]);
}

/** @returns a promise that fails when the code has to be given up; disposing lifts the bounds */
function setBounds({ file, deadlineMs, signal }: CodeLimits): Disposable & { ended: Promise<never> } {
  const { promise: ended, reject } = newDeferred<never>();
  const late = setTimeout(() => reject(hangs(file, `did not end within ${deadlineMs / 1000} s`)), deadlineMs);
  late.unref();
  // Nothing is left that could wake it, and without this the process would end without a word.
  const idle = (): void => reject(hangs(file, 'waits for something that never comes'));
  process.once('beforeExit', idle);
  const abort = (): void => reject(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  const held = [
    stdoutToStderr(),
    trapExit(reject),
    startWatchdog(deadlineMs + STUCK_MS, () => endStuck(file, deadlineMs)),
  ];
  return {
    ended,
    [Symbol.dispose]() {
      clearTimeout(late);
      process.off('beforeExit', idle);
      signal?.removeEventListener('abort', abort);
      for (const one of held) one[Symbol.dispose]();
    },
  };
}

/** Nobody can be told by a promise: the code never lets go of this thread. */
function endStuck(file: string, deadlineMs: number): void {
  // Node would add a line about a debugger.
  process.once('exit', () => closeSync(2));
  const place = placeInStack(new Error('for its stack'), file);
  process.emit('uncaughtException', hangs(place, `did not end within ${deadlineMs / 1000} s`));
}

function hangs(file: string, how: string): DewarError {
  return new DewarError({
    code: 'CONFIG_HANGS',
    message: `${file} ${how}`,
    mend: 'find out what it awaits, or which loop of it has no end; a config only says what is to be',
  });
}
