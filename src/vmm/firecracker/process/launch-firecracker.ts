import { endNow } from '../../machine/end-vmm.ts';
import type { Hardware } from '../../machine/hardware.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { startVmm } from '../../machine/start-vmm.ts';
import type { VmmStart } from '../../machine/start-vmm.ts';
import type { Place } from '../jail/place.ts';
import { connectFirecracker } from './connect-firecracker.ts';
import type { ConnectedFirecracker } from './connect-firecracker.ts';

export interface LaunchOptions {
  place: Place;
  paths: MachinePaths;
  hardware: Hardware;
  /** Absolute; where Firecracker listens; in the machine's directory by default. */
  socket?: string | undefined;
  outlives?: VmmStart['outlives'];
}

/**
 * Starts Firecracker, which has no machine yet, in the machine's directory. What an earlier one left there is removed.
 * @throws DewarError COMMAND_NOT_FOUND, MACHINE_ENDED, NO_ANSWER, INTERRUPTED
 */
export async function launchFirecracker(
  { place, paths: standard, hardware, socket, outlives }: LaunchOptions,
  context: MachineContext,
): Promise<ConnectedFirecracker> {
  const paths = socket === undefined ? standard : { ...standard, api: socket };
  const { program, args } = await place.enter(socket);
  context.beforeStart?.();
  const process = await startVmm(
    {
      program,
      args,
      // The guest's console is what it prints; what it has to say itself goes to its log.
      paths: { directory: paths.directory, output: paths.console },
      outlives,
    },
    context,
  );
  try {
    return await connectFirecracker(process, paths, hardware, context);
  } catch (error) {
    await endNow(process);
    throw error;
  }
}
