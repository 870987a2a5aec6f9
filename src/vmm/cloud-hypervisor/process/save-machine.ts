import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import type { VmmCallOptions } from '../../http/vmm-api.ts';
import type { CloudHypervisorApi } from '../protocol/cloud-hypervisor-api.ts';

/** What the VMM writes into the directory of a snapshot. */
export const SNAPSHOT_FILES = { config: 'config.json', state: 'state.json', memory: 'memory-ranges' } as const;

/**
 * Stops the CPUs of a machine whose memory is a file, and writes the state of its devices. It must not run on: it would go on
 * writing memory and disk, which are those of this moment.
 * @param directory absolute; made here
 * @returns path of the state
 * @throws DewarError FREEZE_FAILED; what the calls throw
 */
export async function saveMachine(
  api: CloudHypervisorApi,
  directory: string,
  limits: VmmCallOptions,
): Promise<string> {
  await mkdir(directory, { mode: 0o700 });
  await api.pause(limits);
  await api.snapshot(directory, limits);
  const ranges = await stat(join(directory, SNAPSHOT_FILES.memory)).catch(() => undefined);
  if (ranges !== undefined) throw freezeFailed(directory, 'memory was written beside the file that it is');
  const state = join(directory, SNAPSHOT_FILES.state);
  // A file system that is full cuts it short, of which the VMM says nothing.
  try {
    JSON.parse(await readFile(state, 'utf8'));
  } catch (error) {
    throw freezeFailed(directory, `${SNAPSHOT_FILES.state} is not whole`, error);
  }
  return state;
}

function freezeFailed(directory: string, why: string, cause?: unknown): DewarError {
  return new DewarError({
    code: 'FREEZE_FAILED',
    message: `the machine could not be frozen into ${directory}: ${why}`,
    mend: 'make room on its file system; else use a version of Cloud Hypervisor that dewar knows: dewar doctor',
    cause,
  });
}
