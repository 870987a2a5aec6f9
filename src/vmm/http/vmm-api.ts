import { DewarError } from '../../core/errors.ts';
import { interrupted } from '../../platform/run-command.ts';
import { connectUnixHttp } from '../../platform/unix-http.ts';
import type { HttpAnswer } from '../../platform/unix-http.ts';

/** A VMM's API: HTTP with bodies of JSON over a unix socket. */
export interface VmmApi extends Disposable {
  /**
   * Asks, and waits for the answer. One call is under way at a time; others wait for it, each for as long as its own
   * deadline.
   * @returns the answer's body; undefined when it is empty
   * @throws DewarError COMMAND_REFUSED (its cause is a `VmmFault`), BAD_ANSWER, NO_ANSWER, CONNECTION_LOST, INTERRUPTED;
   *   what `whyGone` gives
   */
  call(method: VmmMethod, path: string, body?: object, options?: VmmCallOptions): Promise<unknown>;
}

export type VmmMethod = 'GET' | 'PUT' | 'PATCH' | 'DELETE';

export interface VmmCallOptions {
  /** Milliseconds. */
  deadlineMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface VmmApiOptions {
  /** For messages: who answers, such as `Firecracker (/path)`. */
  peer: string;
  /** Milliseconds to connect, and for an answer where the call does not say. */
  deadlineMs: number;
  /** Ends every call. */
  signal?: AbortSignal | undefined;
  /** Asked when the VMM does not listen yet, or when a connection is lost: says why it is gone, if that is known. */
  whyGone?: () => DewarError | undefined;
  /** Gets every request and answer, as one line each. */
  log?: (direction: '>' | '<', line: string) => void;
  /** @returns what a refusal says in the VMM's own words; undefined: nothing */
  faultOf: (body: unknown) => string | undefined;
}

/** What the VMM said instead of doing as asked. */
export class VmmFault extends Error {
  /** Of HTTP. */
  readonly status: number;

  constructor(status: number, fault: string) {
    super(fault);
    this.name = 'VmmFault';
    this.status = status;
  }
}

/** @returns true for the error of a request that the VMM understood and refused */
export function isVmmFault(error: unknown): error is DewarError & { cause: VmmFault } {
  return error instanceof DewarError && error.cause instanceof VmmFault;
}

const LONGEST_FAULT = 2_000;

/**
 * Connects to a VMM's API, as soon as it listens.
 * @param socket of any length
 * @throws DewarError NO_ANSWER, INTERRUPTED; what `whyGone` gives
 */
export async function connectVmmApi(socket: string, options: VmmApiOptions): Promise<VmmApi> {
  const { peer, log, whyGone } = options;
  const http = await connectUnixHttp(socket, {
    peer,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
    check: () => {
      const gone = whyGone?.();
      if (gone !== undefined) throw gone;
    },
  });
  return {
    async call(method, path, body, { deadlineMs = options.deadlineMs, signal } = {}) {
      const what = `${method} ${path}`;
      log?.('>', body === undefined ? what : `${what} ${JSON.stringify(body)}`);
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(noAnswer(peer, what, deadlineMs)), deadlineMs);
      const wishes = [options.signal, signal].filter((wish) => wish !== undefined);
      try {
        const answer = await http.request(method, path, {
          body,
          signal: AbortSignal.any([late.signal, ...wishes]),
        });
        log?.('<', `${answer.status} ${answer.body}`.trimEnd());
        return read(answer, what, options);
      } catch (error) {
        if (error instanceof DewarError) throw error;
        const wish = wishes.find(({ aborted }) => aborted);
        if (wish !== undefined) throw interrupted(`waiting for ${peer}`, wish.reason);
        throw whyGone?.() ?? connectionLost(peer, what, error);
      } finally {
        clearTimeout(timer);
      }
    },
    [Symbol.dispose]: () => http[Symbol.dispose](),
  };
}

function read({ status, body }: HttpAnswer, what: string, { peer, faultOf }: VmmApiOptions): unknown {
  const said = parse(body);
  if (status < 200 || status > 299) {
    // Some faults are plain text.
    const fault = (said === undefined ? undefined : faultOf(said.value)) ?? body.trim();
    throw refused(peer, what, new VmmFault(status, (fault || `status ${status}`).slice(0, LONGEST_FAULT)));
  }
  if (body.trim() === '') return undefined;
  if (said !== undefined) return said.value;
  throw new DewarError({
    code: 'BAD_ANSWER',
    message: `${peer} answered ${what} with something else than JSON: ${body.slice(0, LONGEST_FAULT)}`,
    mend: 'use a version of it that dewar knows: dewar doctor',
  });
}

function parse(body: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) };
  } catch {
    return undefined;
  }
}

function refused(peer: string, what: string, fault: VmmFault): DewarError {
  return new DewarError({
    code: 'COMMAND_REFUSED',
    message: `${peer} refused ${what}: ${fault.message}`,
    mend: 'look into the log files of the machine',
    cause: fault,
  });
}

function noAnswer(peer: string, what: string, deadlineMs: number): DewarError {
  return new DewarError({
    code: 'NO_ANSWER',
    message: `${peer} did not answer ${what} within ${deadlineMs / 1000} s`,
    mend: 'look into the log files of the machine; on a slow host set DEWAR_SLOW=<factor>',
  });
}

function connectionLost(peer: string, what: string, cause: unknown): DewarError {
  return new DewarError({
    code: 'CONNECTION_LOST',
    message: `${peer} closed its connection instead of answering ${what}`,
    mend: 'look into the log files of the machine',
    cause,
  });
}
