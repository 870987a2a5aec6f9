import { formatProgress, formatSeconds } from './format.ts';
import type { Reporter, ReporterStream } from './reporter.ts';

/** Between two lines of progress of one phase. */
const PROGRESS_INTERVAL_MS = 5_000;

interface PlainOptions {
  stream: ReporterStream;
  verbose: boolean;
  /** Only warnings. */
  quiet: boolean;
  /** Milliseconds; monotonic. */
  now?: () => number;
}

/** One line for each thing that happens, without control characters: for logs. */
export function plainReporter({
  stream,
  verbose,
  quiet,
  now = () => performance.now(),
}: PlainOptions): Reporter {
  const lastProgress = new Map<string, number>();
  const begun = new Map<string, number>();
  const line = (text: string): void => void stream.write(`${text}\n`);
  return {
    emit: (event) => {
      if (event.type === 'warning') line(`warning ${event.code}: ${event.message}`);
      else if (event.type === 'debug') {
        if (verbose) line(`debug: ${event.message}`);
      } else if (quiet) return;
      else if (event.type === 'note') line(event.message);
      else if (event.type === 'phase') {
        lastProgress.set(event.phase, now());
        begun.set(event.phase, now());
        line(`${event.phase}: ${event.message}`);
      } else if (event.type === 'phase-done') line(`${event.phase}: done in ${formatSeconds(event.ms)}`);
      else if (now() - (lastProgress.get(event.phase) ?? -Infinity) >= PROGRESS_INTERVAL_MS) {
        lastProgress.set(event.phase, now());
        line(`${event.phase}: ${formatProgress(event, now() - (begun.get(event.phase) ?? now()))}`);
      }
    },
    close: () => undefined,
  };
}
