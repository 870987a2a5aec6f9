import { DewarError } from '../core/errors.ts';

interface ErrorReportOptions {
  format: 'text' | 'json';
  /** Adds the causes and the stack. */
  verbose: boolean;
}

/** @returns what stderr gets for an error: lines for people, or one line of JSON */
export function errorReport(error: DewarError, { format, verbose }: ErrorReportOptions): string {
  const { code, message, mend, exitCode } = error;
  const details = verbose ? { causes: causesOf(error), stack: error.stack ?? '' } : undefined;
  if (format === 'json')
    return `${JSON.stringify({ type: 'error', code, message, mend, exitCode, ...details })}\n`;
  const lines = [`error ${code}: ${message}`, `  mend: ${mend}`];
  for (const cause of details?.causes ?? []) lines.push(`  caused by: ${cause}`);
  if (details !== undefined) lines.push(details.stack.replaceAll(/^/gmu, '  '));
  return `${lines.join('\n')}\n`;
}

/** @returns the error itself when it is one of ours, otherwise INTERNAL: something that was not foreseen is a bug */
export function toDewarError(error: unknown): DewarError {
  if (error instanceof DewarError) return error;
  const internal = new DewarError({
    code: 'INTERNAL',
    message: `unexpected ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
    mend: 'this is a bug in dewar; please report it with what the same command prints with --verbose',
    cause: error,
  });
  if (error instanceof Error && error.stack !== undefined) internal.stack = error.stack;
  return internal;
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  const seen = new Set<unknown>();
  for (let cause = error.cause; cause !== undefined && !seen.has(cause);) {
    seen.add(cause);
    causes.push(describe(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

function describe(cause: unknown): string {
  if (cause instanceof DewarError) return `${cause.code}: ${cause.message}`;
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}
