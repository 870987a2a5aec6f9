import { DewarError } from '../core/errors.ts';
import type { GuestRunResult } from '../config/workspace-config.ts';
import { guestWords } from './guest-words.ts';

/** @param what names the work, such as `writing ~/.aws/credentials` */
export function guestCommandFailed(what: string, { exitCode, stderr }: GuestRunResult): DewarError {
  const said = guestWords(stderr);
  return new DewarError({
    code: 'GUEST_COMMAND_FAILED',
    message: `${what} failed in the guest, exit code ${exitCode}${said === '' ? '' : `: ${said}`}`,
    mend: 'look at it in there: dewar shell',
  });
}
