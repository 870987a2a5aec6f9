import type { Emit } from '../../core/events.ts';
import { slowFactor } from '../slow-factor.ts';

/** What the calls on machines need of their caller. */
export interface MachineContext {
  env: Readonly<Record<string, string>>;
  /** Has a directory for each machine; made if it is absent. Absolute. Snapshots are frozen without a copy on its file system. */
  root: string;
  emit: Emit;
  signal?: AbortSignal | undefined;
  /** Called when the VMM is about to be started: for measurements. */
  beforeStart?: () => void;
  /** Milliseconds in the place of those that are usual. */
  deadlines?: Partial<Record<Deadline, number>>;
}

/** Milliseconds; each is longer by `DEWAR_SLOW`. */
const DEADLINES = {
  /** The VMM's start to its first answer. */
  start: 20_000,
  /** An answer of the VMM or of the guest agent. */
  answer: 15_000,
  /** Start of the CPUs to the first answer of the guest agent. */
  boot: 120_000,
  /** The same after a restore. */
  wake: 30_000,
  connect: 30_000,
  /** To the agent and sshd of a guest that answered before. */
  reach: 10_000,
  save: 120_000,
  load: 60_000,
  unplug: 30_000,
} as const;

export type Deadline = keyof typeof DEADLINES;

/** @returns milliseconds */
export function deadline({ env, deadlines }: MachineContext, what: Deadline): number {
  return (deadlines?.[what] ?? DEADLINES[what]) * slowFactor(env);
}
