import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import type { MachinePaths } from '../machine/machine-paths.ts';
import { planAction } from './plan/plan-action.ts';
import { wakeGuest } from './process/wake-guest.ts';
import { connectFirecrackerApi } from './protocol/firecracker-api.ts';

/**
 * Presses Ctrl, Alt and Del, on which a guest restarts in order; the restart ends Firecracker.
 * @throws DewarError NO_ANSWER, CONNECTION_LOST, COMMAND_REFUSED, INTERRUPTED
 */
export async function pressButton(paths: MachinePaths, context: MachineContext): Promise<void> {
  const limits = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  using api = await connectFirecrackerApi(paths.api, {
    ...limits,
    peer: `Firecracker (${paths.directory})`,
  });
  // A guest that is stopped cannot hear.
  await wakeGuest(api, limits).catch(() => undefined);
  await api.ask(planAction('SendCtrlAltDel'), limits);
}
