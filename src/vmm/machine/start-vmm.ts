import { open } from 'node:fs/promises';
import { startProcess } from '../../platform/background-process.ts';
import type { BackgroundProcess } from '../../platform/background-process.ts';
import type { HeldDescriptor } from '../workspace-driver.ts';
import type { MachineContext } from './machine-context.ts';
import type { MachinePaths } from './machine-paths.ts';

export interface VmmStart {
  program: string;
  args: readonly string[];
  paths: Pick<MachinePaths, 'directory' | 'output'>;
  /** File descriptors that the VMM gets as 3, 4, …. */
  descriptors?: readonly HeldDescriptor[] | undefined;
  /** It goes on without this process, and holds these, whose numbers follow. */
  outlives?: { holds: readonly HeldDescriptor[] } | undefined;
}

/**
 * Starts a VMM in its machine's directory; what it prints goes to a file there.
 * @throws DewarError COMMAND_NOT_FOUND, COMMAND_FAILED, INTERRUPTED
 */
export async function startVmm(
  { program, args, paths, descriptors = [], outlives }: VmmStart,
  { signal }: MachineContext,
): Promise<BackgroundProcess> {
  await using output = await open(paths.output, 'w', 0o600);
  return await startProcess(program, args, {
    cwd: paths.directory,
    output: output.fd,
    descriptors: [...descriptors, ...(outlives?.holds ?? [])].map(({ fd }) => fd),
    outlives: outlives !== undefined,
    signal,
  });
}
