import { isVmmFault } from '../../http/vmm-api.ts';
import { freezeFailed, noSpace } from '../freeze/freeze-failed.ts';

/**
 * @param directory of what is written
 * @returns NO_SPACE or FREEZE_FAILED for what the VMM refuses, with its own words; any other error as it is
 */
export function asFreezeFailure(directory: string, error: unknown): unknown {
  if (!isVmmFault(error)) return error;
  const { message } = error.cause;
  return /No space left|Disk quota|os error (28|122)/.test(message)
    ? noSpace(directory, message)
    : freezeFailed(directory, error.cause);
}
