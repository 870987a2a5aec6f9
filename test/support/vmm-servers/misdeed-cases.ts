import { expect } from 'vitest';
import { DewarError } from '../../../src/core/errors.ts';
import type { MachineContext } from '../../../src/vmm/machine/machine-context.ts';
import { ORDERED_FAULT } from './control.ts';
import type { Misdeed, Order } from './control.ts';
import type { VmmLab } from './vmm-lab.ts';

/** Long enough for what is answered, on a busy host, and not for more. */
export const PATIENCE_MS = 4_000;
const MISDEEDS = ['fault', 'stall', 'drop', 'die'] as const;

/** Codes of errors. */
export const CALL_CODES: Record<Misdeed, string> = {
  fault: 'COMMAND_REFUSED',
  stall: 'NO_ANSWER',
  drop: 'CONNECTION_LOST',
  die: 'MACHINE_ENDED',
};
const START_CODES: Record<Misdeed, string> = { ...CALL_CODES, fault: 'MACHINE_ENDED' };
const CONNECT_CODES: Record<Misdeed, string> = {
  fault: 'GUEST_SILENT',
  stall: 'GUEST_SILENT',
  drop: 'GUEST_SILENT',
  die: 'MACHINE_ENDED',
};

export const CALL_WORDS: Record<Misdeed, RegExp> = {
  fault: new RegExp(ORDERED_FAULT),
  stall: /did not answer/,
  drop: /closed its connection/,
  die: /ended by SIGKILL/,
};
const START_WORDS: Record<Misdeed, RegExp> = {
  ...CALL_WORDS,
  fault: /ended with exit code 1\n.*told not to start/,
  stall: /did not listen/,
};
/** Whatever becomes of a connection, a guest that may still boot is asked again until its deadline. */
const CONNECT_WORDS: Record<Misdeed, RegExp> = {
  fault: /did not answer within/,
  stall: /did not answer within/,
  drop: /did not answer within/,
  die: /ended by SIGKILL/,
};

/** Each call with each misdeed; a program that starts has no connection to drop. */
export function casesOf(calls: readonly string[]): [string, Misdeed][] {
  return calls.flatMap((call) =>
    MISDEEDS.filter((does) => call !== 'START' || does !== 'drop').map((does): [string, Misdeed] => [
      call,
      does,
    ]),
  );
}

/** What an error must be like. @param codes of the calls of the API */
export function expectedError(
  call: string,
  does: Misdeed,
  codes: Record<Misdeed, string>,
  callWords: Record<Misdeed, RegExp> = CALL_WORDS,
): object {
  const [known, words] =
    call === 'START'
      ? [START_CODES, START_WORDS]
      : call === 'CONNECT'
        ? [CONNECT_CODES, CONNECT_WORDS]
        : [codes, callWords];
  const message: unknown = expect.stringMatching(words[does]);
  return { code: known[does], message };
}

/** Does work that must fail. @returns the error */
export async function failure(
  lab: VmmLab,
  orders: readonly Order[],
  work: (context: MachineContext) => Promise<unknown>,
): Promise<DewarError> {
  lab.control.order(orders);
  try {
    const done: unknown = await work({ ...lab, deadlines: deadlinesFor(orders) });
    throw new Error(`it did not fail: ${String(done)}`);
  } catch (error) {
    if (error instanceof DewarError) return error;
    throw error;
  } finally {
    lab.control.order([]);
  }
}

export function deadlinesFor(orders: readonly Order[]): NonNullable<MachineContext['deadlines']> {
  const stalls = orders.filter(({ does }) => does === 'stall').map(({ call }) => call);
  if (stalls.includes('START')) return { start: PATIENCE_MS };
  // A guest that is not reached is asked again until its deadline.
  const guest = { boot: PATIENCE_MS, wake: PATIENCE_MS };
  if (orders.some(({ call }) => call === 'CONNECT')) return guest;
  return stalls.length === 0 ? {} : { ...guest, answer: PATIENCE_MS, load: PATIENCE_MS, save: PATIENCE_MS };
}
