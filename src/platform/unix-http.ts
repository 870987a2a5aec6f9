import type { Socket } from 'node:net';
import { Client } from 'undici';
import type { buildConnector } from 'undici';
import { DewarError } from '../core/errors.ts';
import { connectSocket } from './connect-socket.ts';
import type { ConnectOptions } from './connect-socket.ts';

/** An HTTP server behind a unix socket; requests go to it one after the other. */
export interface UnixHttp extends Disposable {
  /**
   * Asks, and reads the whole answer.
   * @throws the signal's reason; errors of undici for a connection that was lost
   */
  request(method: string, path: string, options: RequestOptions): Promise<HttpAnswer>;
}

export interface RequestOptions {
  /** Sent as JSON. */
  body?: object | undefined;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  body: string;
}

/** A peer is not trusted with this process's memory. Bytes. */
const LONGEST_ANSWER = 16 << 20;

/**
 * Connects to the server, as soon as it listens.
 * @param path of its socket, of any length
 * @throws DewarError as `connectSocket`
 */
export async function connectUnixHttp(path: string, options: ConnectOptions): Promise<UnixHttp> {
  let first: Socket | undefined = await connectSocket(path, options);
  const client = new Client('http://localhost', {
    // The first connection is there; one that is lost is made again, without patience.
    connect: (_, callback) => {
      const ready = first;
      first = undefined;
      if (ready !== undefined && !ready.destroyed) return callback(null, ready);
      void connectAgain(path, options, callback);
    },
    // Each request has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    pipelining: 1,
  });
  return {
    async request(method, path, { body, signal }) {
      const answer = await client.request({
        method: method as 'GET',
        path,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        ...(signal === undefined ? {} : { signal }),
      });
      return { status: answer.statusCode, body: await readWhole(answer.body) };
    },
    [Symbol.dispose]() {
      first?.destroy();
      client.destroy().catch(() => undefined);
    },
  };
}

async function connectAgain(
  path: string,
  options: ConnectOptions,
  callback: buildConnector.Callback,
): Promise<void> {
  const tried = await connectSocket(path, { ...options, deadlineMs: 0 }).catch((error: unknown) => error);
  if (tried instanceof Error) callback(tried, null);
  else callback(null, tried as Socket);
}

async function readWhole(body: AsyncIterable<unknown>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    const bytes = part as Buffer;
    size += bytes.length;
    if (size > LONGEST_ANSWER)
      throw new DewarError({
        code: 'BAD_ANSWER',
        message: `an answer has more than ${LONGEST_ANSWER} bytes`,
        mend: 'look into the log files of the machine',
      });
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}
