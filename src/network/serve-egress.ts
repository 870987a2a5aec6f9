import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { serveHttpProxy } from '../platform/http-proxy.ts';
import { runCommand } from '../platform/run-command.ts';
import { egress } from './egress.ts';
import { EGRESS_FILES, PolicySchema } from './egress-files.ts';
import type { NetworkPolicy } from './policy.ts';

export interface ServeEgressOptions {
  /** Absolute; has the policy. */
  directory: string;
  resolvFile: string;
  /** The connection to the guest by which its programs reach the proxy, and with which this ends. */
  ssh: { directory: string; arguments: readonly string[] };
  /** The port in the guest. */
  port: number;
  signal: AbortSignal | undefined;
}

const WRITE_MS = 1000;

/**
 * Serves a guest that has no network but a proxy of this host, until the guest is gone.
 * @throws DewarError COMMAND_NOT_FOUND (no ssh), INTERRUPTED; errors of the file system
 */
export async function serveEgress(options: ServeEgressOptions): Promise<void> {
  const { directory, resolvFile, ssh, port, signal } = options;
  const file = (name: keyof typeof EGRESS_FILES): string => join(directory, EGRESS_FILES[name]);
  const policy = async (): Promise<NetworkPolicy> =>
    PolicySchema.parse(JSON.parse(await readFile(file('policy'), 'utf8')));
  // What cannot be read now would be refused later, each time.
  await policy();
  const guard = egress({ policy, resolvFile });
  const server = await serveHttpProxy({
    socket: file('socket'),
    decide: (host, target) => guard.decide(host, target),
  });
  let written = '';
  const write = async (): Promise<void> => {
    const text = JSON.stringify(guard.names());
    if (text === written) return;
    written = text;
    await writeFileAtomic(file('names'), text, { mode: 0o600 });
  };
  const timer = setInterval(() => void write().catch(() => undefined), WRITE_MS);
  try {
    const forward = `127.0.0.1:${port}:${file('socket')}`;
    const own = ['-N', '-oControlPath=none', '-oExitOnForwardFailure=yes', '-oServerAliveInterval=15'];
    await runCommand('ssh', [...own, '-R', forward, ...ssh.arguments, 'dewar-guest'], {
      cwd: ssh.directory,
      signal,
    });
  } finally {
    clearInterval(timer);
    server.close();
  }
}
