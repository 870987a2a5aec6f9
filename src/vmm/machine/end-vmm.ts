import { setTimeout as sleep } from 'node:timers/promises';
import type { BackgroundProcess } from '../../platform/background-process.ts';

/** @returns true as soon as the VMM is gone, false when it has not gone in time */
export async function endsWithin(process: BackgroundProcess, milliseconds: number): Promise<boolean> {
  const late = sleep(milliseconds, undefined, { ref: false });
  await Promise.race([process.ended, late]);
  return process.end !== undefined;
}

/** Ends a VMM at once. */
export async function endNow(process: BackgroundProcess): Promise<void> {
  if (process.end === undefined) globalThis.process.kill(-process.pid, 'SIGKILL');
  await process.ended;
}

/** Ends a VMM when the work with it fails. */
export async function endingOnFailure<T>(
  vmm: { process: BackgroundProcess; disconnect(): void },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    vmm.disconnect();
    await endNow(vmm.process);
    throw error;
  }
}
