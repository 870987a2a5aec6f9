import type { Transport } from '../../../platform/ssh.ts';
import { findSftpServer } from '../../find-sftp-server.ts';
import { planSshShare } from '../../plan-ssh-share.ts';
import type { SshShare } from '../../workspace-driver.ts';
import { deadline } from '../machine-context.ts';
import type { MachineContext } from '../machine-context.ts';
import { assertDirectory } from './share-daemon.ts';
import { endShareProcess, startShareProcess } from './share-process.ts';

/** Shares of a machine by SFTP over ssh. Each ends by itself when the guest unmounts it, or is gone. */
export interface SshShares {
  /**
   * Serves a directory and has the guest mount it; that goes on when this process has ended.
   * @throws DewarError SFTP_SERVER_MISSING, SHARE_FAILED, SSH_FAILED, INTERRUPTED
   */
  start(share: SshShare): Promise<void>;
  /** Ends what serves a share, whoever started it. */
  stop(id: string): Promise<void>;
}

const POLL_MS = 100;

/** @param ssh as the guest's root */
export function sshShares(directory: string, ssh: Transport, context: MachineContext): SshShares {
  const { signal } = context;
  return {
    async start(share) {
      const server = await findSftpServer(context.env);
      const served = { directory, ...share };
      await assertDirectory(served);
      const place = {
        server,
        ssh: { arguments: ssh.sshArguments, directory: ssh.directory },
        uid: process.getuid?.() ?? 0,
      };
      const isMounted = ['mountpoint', '-q', '--', share.target];
      await startShareProcess(
        served,
        {
          ...planSshShare(share, place),
          ready: async () =>
            (await ssh.run(isMounted, { deadlineMs: deadline(context, 'answer'), signal })).exitCode === 0,
          pollMs: POLL_MS,
          deadlineMs: deadline(context, 'connect'),
        },
        context,
      );
    },
    stop: (id) => endShareProcess({ directory, id, source: '' }),
  };
}
