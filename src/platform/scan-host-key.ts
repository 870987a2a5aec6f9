import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../core/errors.ts';
import { runCommand } from './run-command.ts';

export interface ScanOptions {
  /** For how long to ask, milliseconds. */
  deadlineMs: number;
  signal?: AbortSignal | undefined;
  /** Looked at between two tries: an error it throws ends them. */
  check?: () => void;
}

/** Of an ed25519 key first: it is the shortest. */
const TYPES = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];
const TRY_SECONDS = 5;
const RETRY_MS = 500;

/**
 * Asks an sshd for its host key, as soon as it listens. What it says is taken as it is: ask where nobody else can answer.
 * @returns type and key, as in `/etc/ssh/ssh_host_ed25519_key.pub`
 * @throws DewarError SSH_FAILED (nobody answers), COMMAND_NOT_FOUND (no ssh-keyscan), INTERRUPTED; what `check` throws
 */
export async function scanHostKey(host: string, port: number, options: ScanOptions): Promise<string> {
  const { deadlineMs, signal, check } = options;
  const end = performance.now() + deadlineMs;
  for (;;) {
    check?.();
    const args = ['-T', String(TRY_SECONDS), '-p', String(port), '-t', 'ed25519,ecdsa,rsa', '--', host];
    const { stdout, stderr } = await runCommand('ssh-keyscan', args, { signal });
    const key = bestKey(stdout.toString('utf8'));
    if (key !== undefined) return key;
    if (performance.now() >= end)
      throw new DewarError({
        code: 'SSH_FAILED',
        message: `no sshd answered on ${host}:${port} within ${deadlineMs / 1000} s${said(stderr)}`,
        mend: 'see what the guest says on its console: it needs its address, and sshd running',
      });
    await sleep(RETRY_MS);
  }
}

/** @param scanned lines of host, type and key, and comments */
function bestKey(scanned: string): string | undefined {
  const keys = scanned.split('\n').flatMap((line) => {
    const [host = '#', type = '', key = ''] = line.trim().split(/\s+/);
    return host.startsWith('#') || !TYPES.includes(type) || key === '' ? [] : [{ type, key }];
  });
  const [best] = keys.toSorted((a, b) => TYPES.indexOf(a.type) - TYPES.indexOf(b.type));
  return best && `${best.type} ${best.key}`;
}

function said(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.length === 0 ? '' : `: ${lines.at(-1)?.trim()}`;
}
