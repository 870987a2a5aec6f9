import type { VmmCallOptions } from '../../http/vmm-api.ts';
import { planState } from '../plan/plan-state.ts';
import type { FirecrackerApi } from '../protocol/firecracker-api.ts';

/**
 * Lets a guest that stands run. One that runs is left alone: up to 1.16 the request, not needed, makes its vsock deaf.
 * @throws DewarError COMMAND_REFUSED, NO_ANSWER, CONNECTION_LOST, INTERRUPTED
 */
export async function wakeGuest(api: FirecrackerApi, options: VmmCallOptions): Promise<void> {
  if ((await api.state(options)) !== 'Paused') return;
  await api.ask(planState('Resumed'), options);
}
