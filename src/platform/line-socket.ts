import type { Socket } from 'node:net';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { newDeferred } from '../core/deferred.ts';
import { DewarError } from '../core/errors.ts';
import { connectSocket } from './connect-socket.ts';
import type { ConnectOptions } from './connect-socket.ts';

/** A connection on which both sides write lines. */
export interface LineSocket extends Disposable {
  /** Writes one line. Does nothing once the connection is closed. */
  send(line: string | Uint8Array): void;
}

export interface LineSocketOptions extends ConnectOptions {
  /** Called with each line, without its newline, in order. */
  onLine: (line: string) => void;
  /** Called once when the connection is over, with why if that was not our wish. */
  onClose: (why: string) => void;
  /** A longer line closes the connection: a peer can be hostile. Bytes. */
  maxLine?: number;
  /** What is said first, and what comes back before lines do; one who answers otherwise, or closes, is tried again. */
  greeting?: Greeting | undefined;
}

export interface Greeting {
  line: string;
  answer: RegExp;
}

/** Whoever greets has work with it. */
const GREETING_POLL_MS = 50;
/** For how long one try waits for the answer to a greeting. */
const GREETING_MS = 5_000;
const MAX_GREETING = 256;
const MAX_LINE = 16 << 20;
const NEWLINE = 0x0a;

/**
 * Connects to a unix socket, as soon as its owner listens.
 * @throws DewarError as `connectSocket`
 */
export async function connectLines(path: string, options: LineSocketOptions): Promise<LineSocket> {
  const { peer, deadlineMs } = options;
  const end = performance.now() + deadlineMs;
  for (;;) {
    const socket = await connectSocket(path, {
      ...options,
      deadlineMs: Math.max(0, end - performance.now()),
    });
    const patience = Math.max(1, Math.min(GREETING_MS, end - performance.now()));
    if (await isGreeted(socket, options, patience)) {
      const lines = readLines(socket, options);
      // What came with the greeting is no answer to what is asked next.
      await immediate();
      return lines;
    }
    if (performance.now() >= end)
      throw new DewarError({
        code: 'NO_ANSWER',
        message: `${peer} did not listen on ${path} within ${deadlineMs / 1000} s`,
        mend: 'look into the log files beside it',
      });
    await sleep(GREETING_POLL_MS);
  }
}

/** Leaves what comes after the answer to whoever reads next; closes the connection when it is not the right one. */
async function isGreeted(
  socket: Socket,
  { greeting, signal }: LineSocketOptions,
  patienceMs: number,
): Promise<boolean> {
  if (greeting === undefined) return true;
  const answered = newDeferred<boolean>();
  let said = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    said = Buffer.concat([said, chunk]);
    const end = said.indexOf(NEWLINE);
    if (end === -1 && said.length <= MAX_GREETING) return;
    socket.pause();
    if (end !== -1 && end + 1 < said.length) socket.unshift(said.subarray(end + 1));
    answered.resolve(end !== -1 && greeting.answer.test(said.subarray(0, end).toString('latin1')));
  };
  const onEnd = (): void => answered.resolve(false);
  const timer = setTimeout(onEnd, patienceMs);
  signal?.addEventListener('abort', onEnd);
  socket.on('data', onData).on('error', onEnd).on('close', onEnd);
  try {
    socket.write(`${greeting.line}\n`);
    const right = await answered.promise;
    if (!right) socket.destroy();
    return right;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onEnd);
    // one that was closed may still fail
    socket.off('data', onData).off('close', onEnd);
  }
}

function readLines(socket: Socket, options: LineSocketOptions): LineSocket {
  const maxLine = options.maxLine ?? MAX_LINE;
  let parts: Buffer[] = [];
  let size = 0;
  let why = `${options.peer} closed its connection`;
  const end = (reason: string): void => {
    why = reason;
    socket.destroy();
  };
  socket.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (size + at - from > maxLine) break;
      const line = Buffer.concat([...parts, chunk.subarray(from, at)]);
      parts = [];
      size = 0;
      from = at + 1;
      options.onLine(line.toString('utf8'));
      if (socket.destroyed) return;
    }
    size += chunk.length - from;
    if (size > maxLine) end(`${options.peer} sent a line of more than ${maxLine} bytes`);
    else if (from < chunk.length) parts.push(from === 0 ? chunk : chunk.subarray(from));
  });
  socket.on('error', (error) => end(`the connection to ${options.peer} broke: ${error.message}`));
  socket.on('close', () => options.onClose(why));
  if (socket.closed) setImmediate(() => options.onClose(why));
  // a greeting has stopped it
  socket.resume();
  return {
    send(line) {
      if (!socket.destroyed) socket.write(Buffer.concat([Buffer.from(line), Buffer.of(NEWLINE)]));
    },
    [Symbol.dispose]() {
      end(`the connection to ${options.peer} was closed`);
    },
  };
}
