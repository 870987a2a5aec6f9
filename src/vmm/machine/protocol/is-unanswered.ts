import { DewarError } from '../../../core/errors.ts';

/** @returns true for the error of a request that the VMM may have done, or may yet do: nobody knows */
export function isUnanswered(error: unknown): boolean {
  return error instanceof DewarError && UNANSWERED.has(error.code);
}

const UNANSWERED = new Set(['NO_ANSWER', 'CONNECTION_LOST', 'BAD_ANSWER', 'INTERRUPTED']);
