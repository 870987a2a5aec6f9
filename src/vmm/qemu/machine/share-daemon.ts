import { lstat, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../../../core/errors.ts';
import { startProcess } from '../../../platform/background-process.ts';
import type { BackgroundProcess } from '../../../platform/background-process.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';
import { endProcess } from '../../../platform/end-process.ts';
import { processesWithVariable } from '../../../platform/processes-with-variable.ts';
import { findVirtiofsd } from '../host/find-virtiofsd.ts';
import { planShare } from '../plan/plan-share.ts';
import type { PluggedShare } from '../plan/plan-share.ts';
import { endNow } from './end-qemu.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import { ONE_SHARE_VARIABLE, SHARE_VARIABLE, oneShareVariable } from './machine-paths.ts';

/** The daemons of a machine's shares. Each serves one share of one QEMU, and ends by itself when that lets go of it. */
export interface ShareDaemons {
  /**
   * Starts the daemon of a share in the machine's directory; it outlives this process.
   * @returns its socket, relative to that directory
   * @throws DewarError VIRTIOFSD_MISSING, SHARE_FAILED, COMMAND_FAILED, INTERRUPTED
   */
  start(share: PluggedShare): Promise<{ socket: string }>;
  /** @returns DewarError SHARE_FAILED when the daemon of a share, which should run, has ended */
  failure(share: PluggedShare): Promise<DewarError | undefined>;
  /** Ends the daemon of a share, whoever started it. */
  stop(id: string): Promise<void>;
}

const POLL_MS = 20;
const END_MS = 3_000;

export function shareDaemons(directory: string, context: MachineContext): ShareDaemons {
  return {
    start: (share) => startDaemon(directory, share, socketOf(share.id), context),
    async failure(share) {
      const running = await processesWithVariable(oneShareVariable(join(directory, socketOf(share.id))));
      if (running.length > 0) return undefined;
      return failed(share, (await lastWords(directory, share)) || 'its daemon has ended');
    },
    async stop(id) {
      const socket = join(directory, socketOf(id));
      await endDaemon(oneShareVariable(socket));
      await rm(socket, { force: true });
    },
  };
}

function socketOf(id: string): string {
  return `share-${id}.sock`;
}

async function startDaemon(
  directory: string,
  share: PluggedShare,
  socket: string,
  context: MachineContext,
): Promise<{ socket: string }> {
  const program = await findVirtiofsd(context.env);
  const found = await stat(share.source).catch(() => undefined);
  if (found?.isDirectory() !== true) throw failed(share, 'it is no directory of this host');
  const place = { directory, socket, uid: process.getuid?.() ?? 0 };
  const plan = planShare(program, share, place);
  await using output = await open(logOf(directory, share), 'w', 0o600);
  const daemon = await startProcess(plan.file, plan.args, {
    cwd: directory,
    output: output.fd,
    env: { [SHARE_VARIABLE]: directory, [ONE_SHARE_VARIABLE]: join(directory, socket) },
    signal: context.signal,
    outlives: true,
  });
  try {
    await untilListening(join(directory, socket), daemon, deadline(context, 'start'));
    daemon.letGo();
  } catch (error) {
    await endNow(daemon);
    throw failed(share, (await lastWords(directory, share)) || String(error));
  }
  return { socket };
}

function logOf(directory: string, { id }: PluggedShare): string {
  return join(directory, `share-${id}.log`);
}

async function lastWords(directory: string, share: PluggedShare): Promise<string> {
  const said = (await readIfPresent(logOf(directory, share)))?.toString('utf8') ?? '';
  return said.trim().slice(-500);
}

/** QEMU has closed its connection, which ends a daemon, as a rule. */
async function endDaemon(variable: string): Promise<void> {
  for (const end = performance.now() + END_MS; performance.now() < end;) {
    if ((await processesWithVariable(variable)).length === 0) return;
    await sleep(POLL_MS);
  }
  for (const pid of await processesWithVariable(variable)) await endProcess(pid);
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
    mend: 'share a directory that this user may read; it needs perl, Linux 5.12 and, unless by root, user namespaces',
  });
}
