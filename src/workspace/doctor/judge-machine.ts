import type { JournalMachine } from '../journal.ts';
import type { LifeState } from '../life-cycle.ts';
import type { Finding } from './check.ts';

interface SeenMachine {
  name: string;
  state: LifeState;
  machine: Pick<JournalMachine, 'machineDigest' | 'failedScripts'> | undefined;
  isRunning: boolean;
}

/** @param digest of the config as it is now */
export function judgeMachine({ name, state, machine, isRunning }: SeenMachine, digest: string): Finding {
  if (state === 'down' || machine === undefined) return { level: 'ok', message: `${name} is down` };
  if (state !== 'up')
    return {
      level: 'note',
      message: `${name} is ${state}, unless the dewar that does it died: dewar status`,
    };
  if (!isRunning)
    return {
      level: 'warning',
      message: `${name} has ended by itself`,
      mend: 'see why: dewar logs; remove what is left of it: dewar status',
    };
  if (machine.machineDigest !== digest)
    return {
      level: 'warning',
      message: `${name} is up by another config than the one that is there now`,
      mend: 'dewar down, then dewar up',
    };
  if (machine.failedScripts.length > 0)
    return {
      level: 'warning',
      message: `${name} is up; scripts failed: ${machine.failedScripts.join(', ')}`,
      mend: 'read what they said: dewar logs',
    };
  return { level: 'ok', message: `${name} is up` };
}
