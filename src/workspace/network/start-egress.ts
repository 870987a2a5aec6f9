import type { ResolvedConfig } from '../../config/resolved-config.ts';
import { DewarError } from '../../core/errors.ts';
import { writeEgressPolicy } from '../../network/egress-files.ts';
import type { WorkspaceMachine } from '../../vmm/workspace-driver.ts';
import type { WorkspaceContext } from '../workspace-context.ts';

/** Of the proxy, in the guest. */
export const PROXY_PORT = 3128;

type Config = Pick<ResolvedConfig, 'network'>;

/** @returns whether a machine without a network of its own gets a proxy: where there is anything that it may reach */
export function needsEgress({ network: { mode, domains, ranges } }: Config): boolean {
  return mode === 'filtered' && domains.length + ranges.length > 0;
}

/** @returns what makes programs of the guest use the proxy */
export function egressVariables(): Record<string, string> {
  const proxy = `http://127.0.0.1:${PROXY_PORT}`;
  const own = 'localhost,127.0.0.1,::1';
  return {
    http_proxy: proxy,
    https_proxy: proxy,
    no_proxy: own,
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    NO_PROXY: own,
  };
}

/**
 * Starts a proxy of this host that a guest without a network reaches by ssh, and ends with it.
 * @throws DewarError NETWORK_FAILED, COMMAND_NOT_FOUND, SSH_FAILED, INTERRUPTED
 */
export async function startEgress(
  machine: Pick<WorkspaceMachine, 'id' | 'ssh' | 'addService'>,
  { network: { domains, ports, ranges } }: Config,
  { env, signal }: WorkspaceContext,
): Promise<void> {
  const directory = await writeEgressPolicy(env, machine.id, { mode: 'filtered', domains, ports, ranges });
  const { ssh } = machine;
  const isThere = ['bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${PROXY_PORT}`];
  const service = {
    id: 'egress',
    file: process.execPath,
    args: [
      ownProgram(),
      'network',
      'proxy',
      directory,
      String(PROXY_PORT),
      ssh.directory,
      ...ssh.sshArguments,
    ],
    ready: async () => (await ssh.run(isThere, { signal })).exitCode === 0,
  };
  try {
    await machine.addService(service);
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'SHARE_FAILED') throw error;
    throw new DewarError({
      code: 'NETWORK_FAILED',
      message: `the proxy of the guest could not be started: ${error.message}`,
      mend: 'see what the guest says: dewar logs console; network.mode off does without a proxy',
      cause: error,
    });
  }
}

/** This very program, which has the proxy as a command. */
function ownProgram(): string {
  return process.argv[1] ?? '';
}
