import { z } from 'zod';
import { newDeferred } from '../../../core/deferred.ts';
import type { Deferred } from '../../../core/deferred.ts';
import { DewarError } from '../../../core/errors.ts';
import { connectLines } from '../../../platform/line-socket.ts';
import type { Greeting, LineSocket } from '../../../platform/line-socket.ts';
import { within } from './within.ts';

/** What QMP and the guest agent have in common: commands and answers as lines of JSON, each answer with its command's id. */
export interface CommandChannel extends Disposable {
  /**
   * Asks, and waits for the answer.
   * @returns the answer's `return`
   * @throws DewarError COMMAND_REFUSED (its cause is a `Refusal`), NO_ANSWER, INTERRUPTED; what the channel's end gives
   */
  execute(command: string, args?: object, options?: CallOptions): Promise<unknown>;
  /** Rejected, with the channel's end, when the connection is over. */
  readonly gone: Promise<never>;
  /** Has the peer forget the beginning of a command that an earlier one may have sent. */
  reset(): void;
}

export interface CallOptions {
  deadlineMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface ChannelOptions {
  /** For messages: who answers, such as `QEMU of /path`. */
  peer: string;
  /** Milliseconds to connect, and for an answer where the call does not say. */
  deadlineMs: number;
  signal?: AbortSignal | undefined;
  /** Gets what is no answer: greetings and events. */
  onMessage?: (message: Record<string, unknown>) => void;
  /** Gets every line that goes either way. */
  log?: (direction: '>' | '<', line: string) => void;
  /** Called while connecting and when the connection ends: says why the peer is gone, if that is known. */
  whyGone?: () => DewarError | undefined;
  /** See `connectLines`. */
  greeting?: Greeting | undefined;
}

/** What the peer said instead of an answer. */
export class Refusal extends Error {
  /** QEMU's error class: GenericError, CommandNotFound, DeviceNotFound …. */
  readonly kind: string;

  constructor(kind: string, description: string) {
    super(description);
    this.name = 'Refusal';
    this.kind = kind;
  }
}

const Answer = z.object({
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ class: z.string(), desc: z.string() }).optional(),
});

interface Waiting extends Deferred<unknown> {
  command: string;
}

/**
 * Connects to a peer that speaks QEMU's JSON protocol (docs/interop/qmp-spec of QEMU).
 * @throws DewarError as `connectLines`
 */
export async function openCommandChannel(path: string, options: ChannelOptions): Promise<CommandChannel> {
  const { peer, log, whyGone } = options;
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let over: DewarError | undefined;
  const gone = newDeferred<never>();
  // Whoever waits for something else at that time looks at it.
  gone.promise.catch(() => undefined);

  const onLine = (text: string): void => {
    log?.('<', text);
    const message = parseMessage(text);
    if (message === undefined) return;
    const answer = Answer.safeParse(message);
    const call = answer.success && answer.data.id !== undefined ? waiting.get(answer.data.id) : undefined;
    if (call === undefined || !answer.success) return options.onMessage?.(message);
    waiting.delete(answer.data.id ?? 0);
    const { error } = answer.data;
    if (error === undefined) call.resolve(answer.data.return);
    else call.reject(refused(peer, call.command, new Refusal(error.class, error.desc)));
  };
  const onClose = (why: string): void => {
    over = whyGone?.() ?? connectionLost(why);
    for (const { reject } of waiting.values()) reject(over);
    waiting.clear();
    gone.reject(over);
  };

  const socket: LineSocket = await connectLines(path, {
    peer,
    onLine,
    onClose,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
    greeting: options.greeting,
    check: () => {
      const gone = whyGone?.();
      if (gone !== undefined) throw gone;
    },
  });

  return {
    gone: gone.promise,
    async execute(command, args, { deadlineMs = options.deadlineMs, signal } = {}) {
      if (over !== undefined) throw over;
      const id = nextId++;
      const line = JSON.stringify({ execute: command, ...(args && { arguments: args }), id });
      log?.('>', line);
      const answer = newDeferred<unknown>();
      waiting.set(id, { ...answer, command });
      try {
        socket.send(line);
        return await within(answer.promise, { deadlineMs, signal, peer, what: `answer ${command}` });
      } finally {
        waiting.delete(id);
      }
    },
    // No JSON has this byte: whoever reads starts anew.
    reset: () => socket.send(Buffer.of(0xff)),
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  };
}

/** @returns true for the refusal of a command that the peer does not know or may not run */
export function isRefusal(error: unknown): error is DewarError & { cause: Refusal } {
  return error instanceof DewarError && error.cause instanceof Refusal;
}

/** @returns undefined for what is no object; the guest agent marks the start of an answer with a byte 0xff */
function parseMessage(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.slice(text.lastIndexOf('\uFFFD') + 1));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function refused(peer: string, command: string, refusal: Refusal): DewarError {
  return new DewarError({
    code: 'COMMAND_REFUSED',
    message: `${peer} refused ${command}: ${refusal.message}`,
    mend: 'look into the log files of the machine',
    cause: refusal,
  });
}

export function connectionLost(why: string): DewarError {
  return new DewarError({
    code: 'CONNECTION_LOST',
    message: why,
    mend: 'look into the log files of the machine',
  });
}
