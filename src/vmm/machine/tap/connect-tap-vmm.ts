import type { BackgroundProcess } from '../../../platform/background-process.ts';
import type { ConnectedVmm } from '../connected-vmm.ts';
import { failureExplainer } from '../failure-explainer.ts';
import { deadline } from '../machine-context.ts';
import type { MachineContext } from '../machine-context.ts';
import type { MachinePaths } from '../machine-paths.ts';
import { openProtocolLog } from '../protocol-log.ts';
import type { ChannelOptions } from '../protocol/command-channel.ts';
import { connectGuestAgent } from '../protocol/guest-agent.ts';

/** How an API is connected to, by its socket. */
export type ConnectApi<Api> = (
  socket: string,
  options: Pick<ChannelOptions, 'peer' | 'deadlineMs' | 'signal' | 'log' | 'whyGone'>,
) => Promise<Api>;

export interface TapVmmConnections<Api> extends Pick<
  ConnectedVmm,
  'process' | 'agent' | 'explain' | 'disconnect'
> {
  api: Api;
}

/** On which the guest's agent listens. */
const AGENT_PORT = 1024;

/**
 * Connects to a VMM's API; to the guest's agent with the first call, as its machine may still have to be made.
 * @param title of the program, for messages
 * @throws DewarError MACHINE_ENDED, NO_ANSWER, INTERRUPTED
 */
export async function connectTapVmm<Api extends Disposable>(
  title: string,
  connectApi: ConnectApi<Api>,
  process: BackgroundProcess,
  paths: MachinePaths,
  context: MachineContext,
): Promise<TapVmmConnections<Api>> {
  const log = openProtocolLog(paths.protocol);
  const { whyGone, explain } = failureExplainer(process, paths, { name: title });
  const shared = { signal: context.signal, whyGone };
  let api: Api | undefined;
  try {
    api = await connectApi(paths.api, {
      ...shared,
      peer: `${title} (${paths.directory})`,
      deadlineMs: deadline(context, 'start'),
      log: log.as('api'),
    });
    const agent = await connectGuestAgent(paths.vsock, {
      ...shared,
      peer: `the guest agent (${paths.directory})`,
      deadlineMs: deadline(context, 'answer'),
      log: log.as('agent'),
      vsockPort: AGENT_PORT,
    });
    const connected = api;
    const disconnect = (): void => {
      connected[Symbol.dispose]();
      agent[Symbol.dispose]();
      log.end();
    };
    return { process, api, agent, explain, disconnect };
  } catch (error) {
    const explained = await explain(error);
    api?.[Symbol.dispose]();
    log.end();
    throw explained;
  }
}
