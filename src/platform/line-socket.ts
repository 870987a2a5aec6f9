import type { Socket } from 'node:net';
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
}

const MAX_LINE = 16 << 20;
const NEWLINE = 0x0a;

/**
 * Connects to a unix socket, as soon as its owner listens.
 * @throws DewarError as `connectSocket`
 */
export async function connectLines(path: string, options: LineSocketOptions): Promise<LineSocket> {
  return readLines(await connectSocket(path, options), options);
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
