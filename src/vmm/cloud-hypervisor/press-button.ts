import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import type { MachinePaths } from '../machine/machine-paths.ts';
import { connectCloudHypervisorApi } from './protocol/cloud-hypervisor-api.ts';

/** @throws DewarError NO_ANSWER, CONNECTION_LOST, COMMAND_REFUSED, INTERRUPTED */
export async function pressButton(paths: MachinePaths, context: MachineContext): Promise<void> {
  const limits = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  using api = await connectCloudHypervisorApi(paths.api, {
    ...limits,
    peer: `Cloud Hypervisor (${paths.directory})`,
  });
  // A guest that is stopped cannot hear.
  await api.resume(limits).catch(() => undefined);
  await api.powerButton(limits);
}
