import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a stand-in shall do wrong, as a file says, which it reads at each call. */
export interface Order {
  /** `PUT /snapshot/create` …; `START` is the program's start, `CONNECT` a connection to the guest by vsock. */
  call: string;
  /** Of its calls of this name, from 1; each when absent. */
  nth?: number;
  does: Misdeed;
  /** It has done what it was asked for before it stalls, drops the connection or dies; one that stalls answers later calls. */
  late?: boolean;
  /** What it says of a fault; `ORDERED_FAULT` by default. */
  says?: string;
}

/**
 * - `fault`: it refuses, in its API's way
 * - `stall`: it never answers
 * - `drop`: it closes the connection
 * - `die`: it ends at once, by SIGKILL
 */
export type Misdeed = 'fault' | 'stall' | 'drop' | 'die';

/** One line of the log that stand-ins and tests write together: its order is that of what happened. */
export type Entry = CallEntry | NoteEntry;

export interface CallEntry {
  pid: number;
  /** Method and path. */
  call: string;
  body?: unknown;
  /** Run state before the call. */
  state: string;
  /** Of HTTP; absent when it was not done. */
  status?: number;
  /** Why it was refused. */
  fault?: string;
  /** True where the description does not have such a request. */
  invalid?: boolean;
}

export interface NoteEntry {
  /** Something else that happened. */
  note: string;
}

/** What a stand-in that was told to fail says. */
export const ORDERED_FAULT = 'the stand-in was told to fail here';

/** A directory by which a test and its stand-ins know of each other. */
export interface Control {
  directory: string;
  /** Replaces what was ordered before. */
  order(orders: readonly Order[]): void;
  orders(): Order[];
  append(entry: Entry): void;
  entries(): Entry[];
}

export function control(directory: string): Control {
  mkdirSync(directory, { recursive: true });
  const orders = join(directory, 'orders.json');
  const log = join(directory, 'log.ndjson');
  return {
    directory,
    order: (wanted) => writeFileSync(orders, JSON.stringify(wanted)),
    orders: () => (existsSync(orders) ? (JSON.parse(readFileSync(orders, 'utf8')) as Order[]) : []),
    append: (entry) => appendFileSync(log, `${JSON.stringify(entry)}\n`),
    entries: () =>
      existsSync(log)
        ? readFileSync(log, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as Entry)
        : [],
  };
}
