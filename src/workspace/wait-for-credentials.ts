import { DewarError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { WaitingMachine } from '../vmm/workspace-driver.ts';

const TAKE = '/usr/lib/dewar/credentials';
/** sshd waits for this file. */
const GATE = '/run/dewar/credentials-gate';
const PATIENCE_SECONDS = 30;
const DEADLINE_MS = 60_000;
/** Of the guest's program: some file could not be put into its place in the home. */
const LEFT_OUT = 3;

/**
 * Has the guest read its credentials from a disk that was plugged in, and start sshd.
 * @param device of the disk in the guest, which finds it by itself where this is undefined
 * @throws DewarError CREDENTIALS_REFUSED
 */
export async function waitForCredentials(
  machine: WaitingMachine,
  device: string | undefined,
  emit: Emit,
): Promise<void> {
  const args = ['--wait', String(PATIENCE_SECONDS), ...(device === undefined ? [] : [device])];
  const taken = await machine.run(TAKE, args, { deadlineMs: DEADLINE_MS });
  if (taken.exitCode === LEFT_OUT)
    emit({ type: 'warning', code: 'CREDENTIALS_LEFT_OUT', message: taken.stderr.trim() });
  else if (taken.exitCode !== 0) throw refused(taken.stderr);
  const opened = await machine.run('/usr/bin/touch', [GATE], { deadlineMs: DEADLINE_MS });
  if (opened.exitCode !== 0) throw refused(opened.stderr);
}

function refused(why: string): DewarError {
  return new DewarError({
    code: 'CREDENTIALS_REFUSED',
    message: `the guest could not take its credentials: ${why.trim()}`,
    mend: 'use the image profile systemd, or one that is made of it',
  });
}
