import type { BackgroundProcess } from '../../../platform/background-process.ts';
import type { ConnectedVmm } from '../../machine/connected-vmm.ts';
import { failureExplainer } from '../../machine/failure-explainer.ts';
import type { Hardware } from '../../machine/hardware.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { openProtocolLog } from '../../machine/protocol-log.ts';
import { connectGuestAgent } from '../../machine/protocol/guest-agent.ts';
import type { GuestAgent } from '../../machine/protocol/guest-agent.ts';
import { connectCloudHypervisorApi } from '../protocol/cloud-hypervisor-api.ts';
import type { CloudHypervisorApi } from '../protocol/cloud-hypervisor-api.ts';
import { hotPlug } from './hot-plug.ts';

/** A Cloud Hypervisor that answers. */
export interface ConnectedCloudHypervisor extends ConnectedVmm {
  api: CloudHypervisorApi;
}

/** On which the guest's agent listens. */
const AGENT_PORT = 1024;

/**
 * Connects to a Cloud Hypervisor; to the guest's agent with the first call, as its machine may still have to be made.
 * @throws DewarError MACHINE_ENDED, NO_ANSWER, INTERRUPTED
 */
export async function connectCloudHypervisor(
  process: BackgroundProcess,
  paths: MachinePaths,
  _: Hardware,
  context: MachineContext,
): Promise<ConnectedCloudHypervisor> {
  const log = openProtocolLog(paths.protocol);
  const failures = failureExplainer(process, paths, { name: 'Cloud Hypervisor' });
  const peer = `Cloud Hypervisor (${paths.directory})`;
  const shared = { signal: context.signal, whyGone: () => failures.whyGone() };
  const explain = (error: unknown): Promise<unknown> => failures.explain(error);
  let api: CloudHypervisorApi | undefined;
  try {
    api = await connectCloudHypervisorApi(paths.api, {
      ...shared,
      peer,
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
    return { ...controls(connected, agent, paths, context), process, explain, disconnect };
  } catch (error) {
    const explained = await explain(error);
    api?.[Symbol.dispose]();
    log.end();
    throw explained;
  }
}

function controls(
  api: CloudHypervisorApi,
  agent: GuestAgent,
  { directory }: MachinePaths,
  context: MachineContext,
): Omit<ConnectedCloudHypervisor, 'process' | 'explain' | 'disconnect'> {
  const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  return {
    api,
    agent,
    pause: () => api.pause(answer),
    resume: () => api.resume(answer),
    state: async () => (await api.info(answer)).state,
    powerOff: (options) => agent.powerOff(options),
    quit: (options) => api.shutdown(options),
    plug: (options) => hotPlug(api, `the guest of ${directory}`, options),
  };
}
