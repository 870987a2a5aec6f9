import { DewarError } from '../core/errors.ts';

/** Exit code by the shell's convention: 128 and the number of the signal. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type EndingSignal = keyof typeof EXIT_CODES;
const SIGNALS: readonly EndingSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

export interface SignalHandling {
  /** Aborted by the first signal, with a DewarError INTERRUPTED as its reason. */
  readonly signal: AbortSignal;
  readonly dispose: () => void;
}

/** @param exit ends the process at once; called with the exit code by the second signal */
export function handleSignals(target: NodeJS.EventEmitter, exit: (code: number) => void): SignalHandling {
  const controller = new AbortController();
  const listener = (name: EndingSignal): void => {
    if (controller.signal.aborted) exit(EXIT_CODES[name]);
    else controller.abort(interruptedBy(name));
  };
  for (const name of SIGNALS) target.on(name, listener);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of SIGNALS) target.off(name, listener);
    },
  };
}

function interruptedBy(name: EndingSignal): DewarError {
  return new DewarError({
    code: 'INTERRUPTED',
    message: `interrupted by ${name}`,
    mend: 'run the command again; nothing half-written was kept',
    exitCode: EXIT_CODES[name],
  });
}
