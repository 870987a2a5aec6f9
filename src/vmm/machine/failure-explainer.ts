import { DewarError } from '../../core/errors.ts';
import type { BackgroundProcess } from '../../platform/background-process.ts';
import { endsWithin } from './end-vmm.ts';
import { keptLog } from './kept-logs.ts';
import { describeEnd } from './machine-end.ts';
import type { VmmWords } from './machine-end.ts';
import type { MachinePaths } from './machine-paths.ts';

export interface FailureExplainer {
  /** @returns why the machine has ended; undefined while it has not */
  whyGone: () => DewarError | undefined;
  /** @returns why the machine has ended, where the error is only that a connection was lost */
  explain: (error: unknown) => Promise<unknown>;
}

/** A process that closed its sockets needs a moment to be gone. */
const END_GRACE_MS = 2_000;

/** Replaces the news that a connection was lost by why the machine ended. */
export function failureExplainer(
  process: BackgroundProcess,
  paths: MachinePaths,
  words: VmmWords,
): FailureExplainer {
  return {
    whyGone: () => process.end && describeEnd(paths, process.end, words),
    async explain(error) {
      if (!(error instanceof DewarError) || !UNCLEAR.has(error.code)) return error;
      if (error.code === 'CONNECTION_LOST') await endsWithin(process, END_GRACE_MS);
      return process.end === undefined ? withConsole(error, paths) : describeEnd(paths, process.end, words);
    },
  };
}

function withConsole(error: DewarError, paths: MachinePaths): DewarError {
  const { code, message, mend, exitCode } = error;
  const where = keptLog(paths, 'console');
  return mend.includes(where)
    ? error
    : new DewarError({ code, message, mend: `${mend}; its console: ${where}`, cause: error, exitCode });
}

const UNCLEAR = new Set(['CONNECTION_LOST', 'NO_ANSWER', 'SSH_FAILED', 'GUEST_SILENT']);
