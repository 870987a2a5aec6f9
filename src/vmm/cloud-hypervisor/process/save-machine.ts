import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { endNow, endsWithin } from '../../machine/end-vmm.ts';
import { freezeFailed } from '../../machine/freeze/freeze-failed.ts';
import type { SavedState } from '../../machine/freeze/lay-down-machine.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { asFreezeFailure } from '../../machine/tap/as-freeze-failure.ts';
import type { ConnectedCloudHypervisor } from './connect-cloud-hypervisor.ts';

/** What the VMM writes into the directory of a snapshot, and looks for there. */
export const SNAPSHOT_FILES = {
  config: 'config.json',
  state: 'state.json',
  memory: 'memory-ranges',
} as const;
const SAVED = 'saved';
const QUIT_MS = 5_000;

/**
 * Saves the state of a machine whose memory is a file and ends it: memory, state and disk are those of one moment, in which
 * the CPUs stand. It must not run on: it would go on writing them.
 * @throws DewarError NO_SPACE, FREEZE_FAILED; what the machine's end gives
 */
export async function saveMachine(
  { api, process }: Pick<ConnectedCloudHypervisor, 'api' | 'process'>,
  paths: MachinePaths,
  context: MachineContext,
): Promise<SavedState> {
  const limits = { deadlineMs: deadline(context, 'save'), signal: context.signal };
  const directory = join(paths.directory, SAVED);
  await mkdir(directory, { mode: 0o700 });
  try {
    await api.pause(limits);
    await api.snapshot(directory, limits);
  } catch (error) {
    throw asFreezeFailure(paths.directory, error);
  }
  // All that matters is saved: however it ends, it must not run on.
  await api.shutdown({ ...limits, deadlineMs: QUIT_MS }).catch(() => undefined);
  await endsWithin(process, QUIT_MS);
  await endNow(process);
  const state = join(directory, SNAPSHOT_FILES.state);
  await check(directory, state);
  return { memory: paths.memory, state, disk: paths.raw };
}

async function check(directory: string, state: string): Promise<void> {
  const ranges = await stat(join(directory, SNAPSHOT_FILES.memory)).catch(() => undefined);
  if (ranges !== undefined)
    throw freezeFailed(directory, new Error('its memory was written beside the file that it is'));
  try {
    JSON.parse(await readFile(state, 'utf8'));
  } catch (error) {
    // On a file system that is full it is cut short, of which the VMM says nothing.
    throw freezeFailed(directory, new Error(`${SNAPSHOT_FILES.state} is not whole`, { cause: error }));
  }
}
