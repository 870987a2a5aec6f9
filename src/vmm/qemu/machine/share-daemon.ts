import { lstat, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../../../core/errors.ts';
import { startProcess } from '../../../platform/background-process.ts';
import type { BackgroundProcess } from '../../../platform/background-process.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';
import { findVirtiofsd } from '../host/find-virtiofsd.ts';
import { planShare } from '../plan/plan-share.ts';
import type { PluggedShare } from '../plan/plan-share.ts';
import { endNow, endsWithin } from './launch-qemu.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import { SHARE_VARIABLE } from './machine-paths.ts';

/** A virtiofsd that listens for one QEMU. It ends by itself when that lets go of it. */
export interface ShareDaemon {
  /** Relative to the machine's directory. */
  socket: string;
  stop(): Promise<void>;
}

const POLL_MS = 20;
const END_MS = 3_000;

/**
 * Starts the daemon of a share in a machine's directory.
 * @throws DewarError VIRTIOFSD_MISSING, SHARE_FAILED, COMMAND_FAILED, INTERRUPTED
 */
export async function startShareDaemon(
  directory: string,
  share: PluggedShare,
  context: MachineContext,
): Promise<ShareDaemon> {
  const program = await findVirtiofsd(context.env);
  const found = await stat(share.source).catch(() => undefined);
  if (found?.isDirectory() !== true) throw failed(share, 'it is no directory of this host');
  const socket = `share-${share.id}.sock`;
  const log = join(directory, `share-${share.id}.log`);
  const plan = planShare(program, share, socket);
  await using output = await open(log, 'w', 0o600);
  const daemon = await startProcess(plan.file, plan.args, {
    cwd: directory,
    output: output.fd,
    env: { [SHARE_VARIABLE]: directory },
    signal: context.signal,
  });
  const stop = async (): Promise<void> => {
    if (!(await endsWithin(daemon, END_MS))) await endNow(daemon);
    await rm(join(directory, socket), { force: true });
  };
  try {
    await untilListening(join(directory, socket), daemon, deadline(context, 'start'));
  } catch (error) {
    await endNow(daemon);
    const said = (await readIfPresent(log))?.toString('utf8').trim().slice(-500) ?? '';
    throw failed(share, said || String(error));
  }
  return { socket, stop };
}

async function untilListening(path: string, daemon: BackgroundProcess, deadlineMs: number): Promise<void> {
  for (const end = performance.now() + deadlineMs; ;) {
    if ((await lstat(path).catch(() => undefined)) !== undefined) return;
    if (daemon.end !== undefined) throw new Error(`virtiofsd ended with ${daemon.end.exitCode}`);
    if (performance.now() > end) throw new Error(`virtiofsd did not listen within ${deadlineMs / 1000} s`);
    await sleep(POLL_MS);
  }
}

function failed({ source }: PluggedShare, why: string): DewarError {
  return new DewarError({
    code: 'SHARE_FAILED',
    message: `${source} could not be shared with the guest: ${why}`,
    mend: 'share a directory that this user may read; the virtiofsd of QEMU 7.2 and read-only shares need root',
  });
}
