import type { BackgroundProcess } from '../../../platform/background-process.ts';
import type { ConnectedVmm } from '../../machine/connected-vmm.ts';
import { endNow } from '../../machine/end-vmm.ts';
import type { Hardware } from '../../machine/hardware.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { connectTapVmm } from '../../machine/tap/connect-tap-vmm.ts';
import type { TapVmmConnections } from '../../machine/tap/connect-tap-vmm.ts';
import { pluggedFile } from '../jail/plugged-file.ts';
import type { PluggedFile } from '../jail/plugged-file.ts';
import { planState } from '../plan/plan-state.ts';
import { connectFirecrackerApi } from '../protocol/firecracker-api.ts';
import type { FirecrackerApi } from '../protocol/firecracker-api.ts';
import { drivePlug } from './drive-plug.ts';
import { wakeGuest } from './wake-guest.ts';

/** A Firecracker that answers. */
export interface ConnectedFirecracker extends ConnectedVmm {
  api: FirecrackerApi;
}

/**
 * Connects to a Firecracker; to the guest's agent with the first call, as its machine may still have to be made.
 * @throws DewarError MACHINE_ENDED, NO_ANSWER, INTERRUPTED
 */
export async function connectFirecracker(
  process: BackgroundProcess,
  paths: MachinePaths,
  _: Hardware,
  context: MachineContext,
): Promise<ConnectedFirecracker> {
  const connected = await connectTapVmm('Firecracker', connectFirecrackerApi, process, paths, context);
  const file = await pluggedFile(paths.directory, process.pid);
  return { ...connected, ...controls(connected, file, context) };
}

function controls(
  { process, api, agent }: TapVmmConnections<FirecrackerApi>,
  file: PluggedFile,
  context: MachineContext,
): Omit<ConnectedVmm, keyof TapVmmConnections<FirecrackerApi>> {
  const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  return {
    pause: () => api.ask(planState('Paused'), answer),
    resume: () => wakeGuest(api, answer),
    state: () => api.state(answer),
    powerOff: (options) => agent.powerOff(options),
    // Its API has no word for that.
    quit: () => endNow(process),
    plug: (options) => drivePlug(api, file, options),
  };
}
