import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import type { MachinePaths } from '../machine/machine-paths.ts';
import { connectQmp } from './protocol/qmp-client.ts';

/** @throws DewarError NO_ANSWER, CONNECTION_LOST, COMMAND_REFUSED, INTERRUPTED */
export async function pressQemuButton(paths: MachinePaths, context: MachineContext): Promise<void> {
  const limits = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  using qmp = await connectQmp(paths.monitor, { ...limits, peer: `QEMU (${paths.directory})` });
  // A guest that is stopped cannot hear.
  await qmp.execute('cont', undefined, limits).catch(() => undefined);
  await qmp.execute('system_powerdown', undefined, limits);
}
