import type { BackgroundProcess } from '../../../platform/background-process.ts';
import type { ConnectedVmm } from '../../machine/connected-vmm.ts';
import type { Hardware } from '../../machine/hardware.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { connectTapVmm } from '../../machine/tap/connect-tap-vmm.ts';
import type { TapVmmConnections } from '../../machine/tap/connect-tap-vmm.ts';
import { connectCloudHypervisorApi } from '../protocol/cloud-hypervisor-api.ts';
import type { CloudHypervisorApi } from '../protocol/cloud-hypervisor-api.ts';
import { hotPlug } from './hot-plug.ts';

/** A Cloud Hypervisor that answers. */
export interface ConnectedCloudHypervisor extends ConnectedVmm {
  api: CloudHypervisorApi;
}

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
  const title = 'Cloud Hypervisor';
  const connected = await connectTapVmm(title, connectCloudHypervisorApi, process, paths, context);
  return { ...connected, ...controls(connected, paths, context) };
}

function controls(
  { api, agent }: TapVmmConnections<CloudHypervisorApi>,
  { directory }: MachinePaths,
  context: MachineContext,
): Omit<ConnectedVmm, keyof TapVmmConnections<CloudHypervisorApi>> {
  const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  return {
    pause: () => api.pause(answer),
    resume: () => api.resume(answer),
    state: async () => (await api.info(answer)).state,
    powerOff: (options) => agent.powerOff(options),
    quit: (options) => api.shutdown(options),
    plug: (options) => hotPlug(api, `the guest of ${directory}`, options),
  };
}
