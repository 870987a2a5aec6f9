import type { Guest } from '../../vmm/guest-host.ts';
import { processCpuMs } from '../measure/process-cpu.ts';

/** A machine that answered, and what it took. Milliseconds. */
export interface TimedGuest {
  guest: Guest;
  /** Before its program was started: the host is looked at, and the files of a snapshot are checked. */
  checkMs: number;
  /** Start of its program to the end of the first program in the guest, run by ssh. */
  answerMs: number;
  /** CPU time that its program had used by then. */
  cpuMs: number;
  /** Of `answerMs`: until its state was loaded; undefined for one that boots. */
  loadedMs: number | undefined;
  /** Of `answerMs`: until ssh was connected. */
  connectedMs: number;
}

/**
 * Has a new machine answer: runs a program in it.
 * @throws what making it throws; DewarError SSH_FAILED, INTERRUPTED
 */
export async function timedGuest(made: Promise<Guest>, signal: AbortSignal): Promise<TimedGuest> {
  const guest = await made;
  const { asked, started, loaded, connected } = guest.moments;
  try {
    await guest.run(['true'], { signal });
    const answered = performance.now();
    return {
      guest,
      checkMs: started - asked,
      answerMs: answered - started,
      cpuMs: await processCpuMs(guest.pid),
      loadedMs: loaded === undefined ? undefined : loaded - started,
      connectedMs: connected - started,
    };
  } catch (error) {
    await guest.kill();
    throw error;
  }
}
