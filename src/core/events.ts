/** What long work reports while it runs. Core code emits; a reporter of the CLI renders. */
export type DewarEvent =
  | { type: 'phase'; phase: string; message: string }
  | { type: 'phase-done'; phase: string; ms: number }
  | { type: 'progress'; phase: string; done: number; total?: number; unit: string; detail?: string }
  | { type: 'note'; message: string }
  | { type: 'warning'; code: string; message: string }
  | { type: 'debug'; message: string };

export type Emit = (event: DewarEvent) => void;
