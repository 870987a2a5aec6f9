import { EXIT } from '../core/exit-codes.ts';
import { errorReport, toDewarError } from './report-error.ts';

/**
 * Reports what was thrown where nobody awaited it, with its stack: always a bug. The state of the program is unknown
 * then, so it ends at once.
 */
export function handleCrash(
  target: NodeJS.EventEmitter,
  write: (report: string) => void,
  exit: (code: number) => void,
): void {
  target.on('uncaughtException', (error: unknown) => {
    write(errorReport(toDewarError(error), { format: 'text', verbose: true }));
    exit(EXIT.error);
  });
}
