import { lstat, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DewarError } from '../../../core/errors.ts';
import { findVirtiofsd } from './find-virtiofsd.ts';
import { planShare } from './plan-share.ts';
import type { PluggedShare } from './plan-share.ts';
import { deadline } from '../machine-context.ts';
import type { MachineContext } from '../machine-context.ts';
import {
  endShareProcess,
  isShareServed,
  removeShareFiles,
  shareFailure,
  startShareProcess,
} from './share-process.ts';

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
  /** Ends the daemon of a share, whoever started it, and removes its files. */
  stop(id: string): Promise<void>;
}

const POLL_MS = 20;

export function shareDaemons(directory: string, context: MachineContext): ShareDaemons {
  return {
    start: (share) => startDaemon(directory, share, context),
    async failure(share) {
      const served = { directory, ...share };
      return (await isShareServed(served)) ? undefined : shareFailure(served, 'its daemon has ended');
    },
    async stop(id) {
      const served = { directory, id, source: '' };
      await endShareProcess(served);
      await rm(join(directory, socketOf(id)), { force: true });
      await removeShareFiles(served);
    },
  };
}

async function startDaemon(
  directory: string,
  share: PluggedShare,
  context: MachineContext,
): Promise<{ socket: string }> {
  const program = await findVirtiofsd(context.env);
  const served = { directory, ...share };
  await assertDirectory(served);
  const socket = socketOf(share.id);
  await startShareProcess(
    served,
    {
      ...planShare(program, share, { directory, socket, uid: process.getuid?.() ?? 0 }),
      ready: () => exists(join(directory, socket)),
      pollMs: POLL_MS,
      deadlineMs: deadline(context, 'start'),
    },
    context,
  );
  return { socket };
}

/** @throws DewarError SHARE_FAILED */
export async function assertDirectory(share: Parameters<typeof shareFailure>[0]): Promise<void> {
  const found = await stat(share.source).catch(() => undefined);
  if (found?.isDirectory() !== true) throw await shareFailure(share, 'it is no directory of this host');
}

function socketOf(id: string): string {
  return `share-${id}.sock`;
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
