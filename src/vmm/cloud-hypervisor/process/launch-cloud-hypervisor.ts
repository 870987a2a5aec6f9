import { DewarError } from '../../../core/errors.ts';
import { endNow } from '../../machine/end-vmm.ts';
import type { Hardware } from '../../machine/hardware.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { startVmm } from '../../machine/start-vmm.ts';
import type { VmmStart } from '../../machine/start-vmm.ts';
import { connectCloudHypervisor } from './connect-cloud-hypervisor.ts';
import type { ConnectedCloudHypervisor } from './connect-cloud-hypervisor.ts';

interface LaunchOptions {
  program: string;
  paths: MachinePaths;
  hardware: Hardware;
  outlives?: VmmStart['outlives'];
}

/** What the address of a unix socket holds. */
const LONGEST_SOCKET = 107;
/** What ends a value in an option. */
const SPECIAL = /[,"[\]]/;

/**
 * Starts Cloud Hypervisor, which has no machine yet, in the machine's directory.
 * @throws DewarError BAD_MACHINE_DIRECTORY, COMMAND_NOT_FOUND, MACHINE_ENDED, NO_ANSWER, INTERRUPTED
 */
export async function launchCloudHypervisor(
  { program, paths, hardware, outlives }: LaunchOptions,
  context: MachineContext,
): Promise<ConnectedCloudHypervisor> {
  const { api } = paths;
  if (Buffer.byteLength(api) > LONGEST_SOCKET || SPECIAL.test(api))
    throw new DewarError({
      code: 'BAD_MACHINE_DIRECTORY',
      message: `Cloud Hypervisor cannot listen at ${api}: a path of at most ${LONGEST_SOCKET} bytes without , " [ ] is needed`,
      mend: 'set DEWAR_CACHE_DIR to a directory with a shorter path',
    });
  context.beforeStart?.();
  const args = ['--api-socket', `path=${api}`];
  const process = await startVmm({ program, args, paths, outlives }, context);
  try {
    return await connectCloudHypervisor(process, paths, hardware, context);
  } catch (error) {
    await endNow(process);
    throw error;
  }
}
