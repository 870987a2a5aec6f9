import { open } from 'node:fs/promises';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../core/errors.ts';
import { isAbsent, errnoOf } from './errno.ts';
import { interrupted } from './run-command.ts';

/** A connection on which both sides write lines. */
export interface LineSocket extends Disposable {
  /** Writes one line. Does nothing once the connection is closed. */
  send(line: string | Uint8Array): void;
}

export interface LineSocketOptions {
  /** For messages: what is at the other end. */
  peer: string;
  /** Called with each line, without its newline, in order. */
  onLine: (line: string) => void;
  /** Called once when the connection is over, with why if that was not our wish. */
  onClose: (why: string) => void;
  /** For how long to try to connect, milliseconds. */
  deadlineMs: number;
  /** A longer line closes the connection: a peer can be hostile. Bytes. */
  maxLine?: number;
  signal?: AbortSignal | undefined;
  /** Looked at between two tries: an error it throws ends them. */
  check?: () => void;
}

const POLL_MS = 10;
const MAX_LINE = 16 << 20;
const NEWLINE = 0x0a;

/**
 * Connects to a unix socket, as soon as its owner listens. Its path may be longer than the kernel takes (107 bytes): it is
 * named by way of its directory.
 * @throws DewarError NO_ANSWER (at the deadline), INTERRUPTED; what `check` throws; errors of the file system
 */
export async function connectLines(path: string, options: LineSocketOptions): Promise<LineSocket> {
  const { peer, deadlineMs, signal } = options;
  const end = performance.now() + deadlineMs;
  await using directory = await open(dirname(path), 'r');
  const short = `/proc/self/fd/${directory.fd}/${basename(path)}`;
  for (;;) {
    if (signal?.aborted === true) throw interrupted(`connecting to ${peer}`, signal.reason);
    options.check?.();
    const tried = await connect(short);
    if (!(tried instanceof Error)) return readLines(tried, options);
    if (!isAbsent(tried) && errnoOf(tried) !== 'ECONNREFUSED') throw tried;
    if (performance.now() >= end)
      throw new DewarError({
        code: 'NO_ANSWER',
        message: `${peer} did not listen on ${path} within ${deadlineMs / 1000} s`,
        mend: 'look into the log files beside it',
      });
    await sleep(POLL_MS);
  }
}

function connect(path: string): Promise<Socket | Error> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('error', resolve);
    socket.once('connect', () => {
      socket.removeListener('error', resolve);
      resolve(socket);
    });
  });
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
  return {
    send(line) {
      if (!socket.destroyed) socket.write(Buffer.concat([Buffer.from(line), Buffer.of(NEWLINE)]));
    },
    [Symbol.dispose]() {
      end(`the connection to ${options.peer} was closed`);
    },
  };
}
