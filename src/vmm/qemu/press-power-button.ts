import { join } from 'node:path';
import { processesWithArgument } from '../../platform/processes-with-argument.ts';
import { runningProcess, startOfProcess } from '../../platform/running-process.ts';
import { endsWithin } from './machine/end-qemu.ts';
import { deadline } from './machine/machine-context.ts';
import type { MachineContext } from './machine/machine-context.ts';
import { machinePaths } from './machine/machine-paths.ts';
import { connectQmp } from './protocol/qmp-client.ts';

/**
 * Asks a guest to power off without its agent and ssh, and waits until it has, at most so long.
 * @throws DewarError NO_ANSWER (of QEMU), CONNECTION_LOST, COMMAND_REFUSED, INTERRUPTED
 */
export async function pressPowerButton(
  id: string,
  deadlineMs: number,
  context: MachineContext,
): Promise<void> {
  const paths = machinePaths(join(context.root, id));
  const [pid] = await processesWithArgument(paths.pid);
  const start = pid === undefined ? undefined : await startOfProcess(pid);
  if (pid === undefined || start === undefined) return;
  const limits = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  using qmp = await connectQmp(paths.monitor, { ...limits, peer: `QEMU (${paths.directory})` });
  // A guest that is stopped cannot hear.
  await qmp.execute('cont', undefined, limits).catch(() => undefined);
  await qmp.execute('system_powerdown', undefined, limits);
  await endsWithin(runningProcess(pid, start), deadlineMs);
}
