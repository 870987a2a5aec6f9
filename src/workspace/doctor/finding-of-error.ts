import { DewarError } from '../../core/errors.ts';
import type { Finding } from './check.ts';

/** @returns what the failure of a check says */
export function findingOfError(error: unknown, level: Finding['level']): Finding {
  if (!(error instanceof DewarError)) return { level, message: String(error) };
  const { message, mend, packages } = error;
  return { level, message, mend, ...(packages.length === 0 ? {} : { packages }) };
}
