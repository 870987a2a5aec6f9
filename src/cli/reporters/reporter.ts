import type { Emit } from '../../core/events.ts';

/** Shows events on stderr. */
export interface Reporter {
  readonly emit: Emit;
  /** Leaves the terminal as it was; called before an error is printed. */
  readonly close: () => void;
}

export interface ReporterStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}
