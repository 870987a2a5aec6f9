import type { Reporter, ReporterStream } from './reporter.ts';

/** One DewarEvent as JSON a line; debug events only with `verbose`. */
export function ndjsonReporter({ stream, verbose }: { stream: ReporterStream; verbose: boolean }): Reporter {
  return {
    emit: (event) => {
      if (event.type !== 'debug' || verbose) stream.write(`${JSON.stringify(event)}\n`);
    },
    close: () => undefined,
  };
}
