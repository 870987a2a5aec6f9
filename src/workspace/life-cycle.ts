import { DewarError } from '../core/errors.ts';

/** What a machine's journal says of it. */
export type LifeState =
  | 'down'
  /** A process makes it. */
  | 'starting'
  | 'up'
  /** A process ends it. */
  | 'stopping';

export type LifeEvent =
  | 'start'
  | 'started'
  /** It could not be made, and nothing is left of it. */
  | 'failed'
  | 'stop'
  | 'stopped'
  /** It ended without anybody's wish, or who worked on it died; nothing is left of it. */
  | 'lost';

const TABLE: Record<LifeState, Partial<Record<LifeEvent, LifeState>>> = {
  down: { start: 'starting' },
  starting: { started: 'up', failed: 'down', lost: 'down' },
  up: { stop: 'stopping', lost: 'down' },
  stopping: { stopped: 'down', lost: 'down' },
};

/** @throws DewarError WORKSPACE_STATE for what cannot happen in that state */
export function nextState(state: LifeState, event: LifeEvent): LifeState {
  const next = TABLE[state][event];
  if (next !== undefined) return next;
  throw new DewarError({
    code: 'WORKSPACE_STATE',
    message: `a machine that is ${state} cannot be ${event === 'start' || event === 'stop' ? `asked to ${event}` : event}`,
    mend: 'see what it is doing: dewar status',
  });
}

export type Repair =
  /** All is as the journal says. */
  | { action: 'none' }
  /**
   * Whatever is left of the machine is ended and removed, and it is down. A guest that was asked to power off may first do so:
   * what it has not written to its disk would be lost.
   */
  | { action: 'end'; why: string; poweringOff: boolean };

/**
 * Decides, for one who holds the workspace's lock, so that nobody else works on it.
 * @param isRunning whether the VMM of the journal's machine runs
 */
export function planRepair(state: LifeState, isRunning: boolean): Repair {
  const why = WHY[state];
  if (why === undefined || (state === 'up' && isRunning)) return { action: 'none' };
  return { action: 'end', why, poweringOff: state === 'stopping' && isRunning };
}

/** Of the end of what is found in that state. */
const WHY: Partial<Record<LifeState, string>> = {
  starting: 'the dewar that started the machine died',
  up: 'the machine has ended',
  stopping: 'the dewar that stopped the machine died',
};
