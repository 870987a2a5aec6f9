import type { SavedState } from '../../machine/freeze/lay-down-machine.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { isAtLeast } from '../host/find-qemu.ts';
import type { ConnectedQemu } from '../process/connect-qemu.ts';
import { saveState } from './save-state.ts';

/**
 * Saves the state of a machine whose memory is a file and ends it: memory, state and disk are those of one moment, in which
 * the CPUs stand. It must not run on: it would go on writing the file.
 * @param version of QEMU
 * @throws DewarError NO_SPACE, FREEZE_FAILED; what the machine's end gives
 */
export async function saveMachine(
  { qmp, process }: Pick<ConnectedQemu, 'qmp' | 'process'>,
  paths: MachinePaths,
  version: { major: number; minor: number },
  context: MachineContext,
): Promise<SavedState> {
  const limits = { deadlineMs: deadline(context, 'save'), signal: context.signal };
  await saveState(qmp, paths.save, paths.state, limits);
  await qmp.execute('quit', undefined, limits);
  await process.ended;
  const { memory, state, disk } = paths;
  // Before 8.2 QEMU opens a memory file for writing, though a private mapping never writes to it.
  return { memory, state, disk, ...(isAtLeast(version, 8, 2) ? {} : { memoryMode: 0o644 }) };
}
