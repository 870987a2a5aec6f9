import { open, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../../../core/errors.ts';
import { startProcess } from '../../../platform/background-process.ts';
import { endProcess } from '../../../platform/end-process.ts';
import { processesWithVariable } from '../../../platform/processes-with-variable.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';
import { interrupted } from '../../../platform/run-command.ts';
import { endNow } from '../end-vmm.ts';
import type { MachineContext } from '../machine-context.ts';
import { ONE_SHARE_VARIABLE, SHARE_VARIABLE, oneShareVariable } from '../machine-paths.ts';

/** What serves a share of a machine: a program in the machine's directory that outlives this process. */
export interface ShareProcess {
  /** The machine's; absolute. */
  directory: string;
  /** Of the share. */
  id: string;
  /** Of this host. */
  source: string;
}

export interface ShareStart {
  file: string;
  args: readonly string[];
  /** Asked again and again until it is true. */
  ready: () => Promise<boolean>;
  pollMs: number;
  deadlineMs: number;
}

const END_POLL_MS = 20;
const END_MS = 3_000;

/**
 * Starts what serves a share, and waits until it does.
 * @throws DewarError SHARE_FAILED, COMMAND_FAILED, INTERRUPTED; what `ready` throws
 */
export async function startShareProcess(
  share: ShareProcess,
  { file, args, ready, pollMs, deadlineMs }: ShareStart,
  { signal }: MachineContext,
): Promise<void> {
  await using output = await open(logOf(share), 'w', 0o600);
  const started = await startProcess(file, args, {
    cwd: share.directory,
    output: output.fd,
    env: { [SHARE_VARIABLE]: share.directory, [ONE_SHARE_VARIABLE]: nameOf(share) },
    signal,
    outlives: true,
  });
  try {
    for (const end = performance.now() + deadlineMs; !(await ready());) {
      if (signal?.aborted === true) throw interrupted(`sharing ${share.source}`, signal.reason);
      if (started.end !== undefined) throw await shareFailure(share, `it ended with ${started.end.exitCode}`);
      if (performance.now() > end) throw await shareFailure(share, `not within ${deadlineMs / 1000} s`);
      await sleep(pollMs);
    }
  } catch (error) {
    await endNow(started);
    throw error;
  }
  started.letGo();
}

/** @returns true while what serves a share runs, whoever started it */
export async function isShareServed(share: ShareProcess): Promise<boolean> {
  return (await processesWithVariable(oneShareVariable(nameOf(share)))).length > 0;
}

/** Ends what serves a share, whoever started it; as a rule, it ends by itself when the guest's side is gone. */
export async function endShareProcess(share: ShareProcess): Promise<void> {
  for (const end = performance.now() + END_MS; performance.now() < end;) {
    if (!(await isShareServed(share))) return;
    await sleep(END_POLL_MS);
  }
  for (const pid of await processesWithVariable(oneShareVariable(nameOf(share)))) await endProcess(pid);
}

/** Removes what one that has ended leaves: what it said, and where its directory was mounted for it alone. */
export async function removeShareFiles(share: ShareProcess): Promise<void> {
  await rm(logOf(share), { force: true });
  // It is empty, or it goes with the machine.
  await rmdir(nameOf(share)).catch(() => undefined);
}

/** @returns SHARE_FAILED, with what was said last */
export async function shareFailure(share: ShareProcess, why: string): Promise<DewarError> {
  const said = (await readIfPresent(logOf(share)))?.toString('utf8').trim().slice(-500) ?? '';
  // A guest may have said it.
  const printable = said.replaceAll(/[^\n\x20-\x7E]/g, '?');
  return new DewarError({
    code: 'SHARE_FAILED',
    message: `${share.source} could not be shared with the guest: ${printable || why}`,
    mend: 'share a directory that this user may read; it needs perl, Linux 5.12 and, unless by root, user namespaces',
  });
}

function nameOf({ directory, id }: Pick<ShareProcess, 'directory' | 'id'>): string {
  return join(directory, `share-${id}`);
}

function logOf(share: ShareProcess): string {
  return `${nameOf(share)}.log`;
}
