import { join } from 'node:path';
import { runningProcess, startOfProcess } from '../../platform/running-process.ts';
import { endsWithin } from './end-vmm.ts';
import type { MachineContext } from './machine-context.ts';
import { machinePaths } from './machine-paths.ts';
import type { MachinePaths } from './machine-paths.ts';
import { processesOfMachine } from './processes-of-machine.ts';

/** Presses the button of a machine by its VMM; a guest that is stopped is woken first, as it cannot hear. */
export type PressButton = (paths: MachinePaths, context: MachineContext) => Promise<void>;

/**
 * Asks a guest to power off without its agent and ssh, and waits until it has, at most so long.
 * @throws DewarError NO_ANSWER (of the VMM), CONNECTION_LOST, COMMAND_REFUSED, INTERRUPTED
 */
export async function pressPowerButton(
  id: string,
  deadlineMs: number,
  press: PressButton,
  context: MachineContext,
): Promise<void> {
  const paths = machinePaths(join(context.root, id));
  const [pid] = await processesOfMachine(paths);
  const start = pid === undefined ? undefined : await startOfProcess(pid);
  if (pid === undefined || start === undefined) return;
  await press(paths, context);
  await endsWithin(runningProcess(pid, start), deadlineMs);
}
