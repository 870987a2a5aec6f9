import type { BackgroundProcess } from '../../../platform/background-process.ts';
import type { ConnectedVmm } from '../../machine/connected-vmm.ts';
import { endNow } from '../../machine/end-vmm.ts';
import { failureExplainer } from '../../machine/failure-explainer.ts';
import type { Hardware } from '../../machine/hardware.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { openProtocolLog } from '../../machine/protocol-log.ts';
import { connectGuestAgent } from '../../machine/protocol/guest-agent.ts';
import type { GuestAgent } from '../../machine/protocol/guest-agent.ts';
import { AGENT_PORT } from '../plan/ids.ts';
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
  const log = openProtocolLog(paths.protocol);
  const failures = failureExplainer(process, paths, { name: 'Firecracker' });
  const shared = { signal: context.signal, whyGone: () => failures.whyGone() };
  const explain = (error: unknown): Promise<unknown> => failures.explain(error);
  let api: FirecrackerApi | undefined;
  try {
    api = await connectFirecrackerApi(paths.api, {
      ...shared,
      peer: `Firecracker (${paths.directory})`,
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
    return { ...controls(process, connected, agent, context), explain, disconnect };
  } catch (error) {
    const explained = await explain(error);
    api?.[Symbol.dispose]();
    log.end();
    throw explained;
  }
}

function controls(
  process: BackgroundProcess,
  api: FirecrackerApi,
  agent: GuestAgent,
  context: MachineContext,
): Omit<ConnectedFirecracker, 'explain' | 'disconnect'> {
  const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  return {
    process,
    api,
    agent,
    pause: () => api.ask({ method: 'PATCH', path: '/vm', body: { state: 'Paused' } }, answer),
    resume: () => wakeGuest(api, answer),
    state: () => api.state(answer),
    powerOff: (options) => agent.powerOff(options),
    // Its API has no word for that.
    quit: () => endNow(process),
    plug: (options) => drivePlug(api, options),
  };
}
