import { DewarError } from '../core/errors.ts';
import type { GuestRunResult } from '../config/workspace-config.ts';

const LONGEST = 2_000;
// what a guest says is shown: nothing of it may steer a terminal
const CONTROL = /[^\P{Cc}\n\t]/gu;

/** @param what names the work, such as `writing ~/.aws/credentials` */
export function guestCommandFailed(what: string, { exitCode, stderr }: GuestRunResult): DewarError {
  const said = stderr.trim().slice(-LONGEST).replaceAll(CONTROL, '');
  return new DewarError({
    code: 'GUEST_COMMAND_FAILED',
    message: `${what} failed in the guest, exit code ${exitCode}${said === '' ? '' : `: ${said}`}`,
    mend: 'look at it in there: dewar shell',
  });
}
