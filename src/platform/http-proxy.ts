import { chmod, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { once } from 'node:events';

/** Where a connection of a client may go. */
export type ProxyVerdict = { address: string } | { why: string };

export interface ProxyOptions {
  /** Absolute path of the Unix socket; made for this user alone. */
  socket: string;
  /**
   * Decides about a target, once for each connection; the connection then goes to that very address.
   * @param host as the client wrote it, in lower case
   */
  decide: (host: string, port: number) => Promise<ProxyVerdict>;
}

const LONGEST_HEAD = 32 << 10;
const HEAD_MS = 30_000;
const CONNECT_MS = 30_000;
/** A client is not trusted with this host's memory. */
const MOST_CONNECTIONS = 1024;

/**
 * A proxy for HTTP (requests with a whole URL) and for anything by CONNECT. A client's words are taken for a request line and
 * headers, and for nothing else; one connection is one target.
 */
export async function serveHttpProxy({ socket: path, decide }: ProxyOptions): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => client.destroy());
    serve(client, decide).catch(() => client.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  await rm(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o600);
  return server;
}

async function serve(client: Socket, decide: ProxyOptions['decide']): Promise<void> {
  const read = await readHead(client);
  if (read === undefined) return refuse(client, 400, 'this is no request to a proxy');
  const request = parseRequest(read.head);
  if (request === undefined) return refuse(client, 400, 'this is no request to a proxy');
  const verdict = await decide(request.host, request.port);
  if ('why' in verdict) return refuse(client, 403, verdict.why);
  const target = await open(verdict.address, request.port);
  if (target === undefined) return refuse(client, 502, `${request.host}:${request.port} does not answer`);
  if (client.destroyed) {
    target.destroy();
    return;
  }
  target.on('error', () => client.destroy());
  client.on('error', () => target.destroy());
  client.on('close', () => target.destroy());
  target.on('close', () => client.destroy());
  if (request.forwarded === undefined) client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  else target.write(request.forwarded, 'latin1');
  if (read.rest.length > 0) target.write(read.rest);
  client.pipe(target);
  target.pipe(client);
}

/** @returns undefined for one that is too long, too slow, or ends too early */
async function readHead(client: Socket): Promise<{ head: string; rest: Buffer } | undefined> {
  let data = Buffer.alloc(0);
  const timer = setTimeout(() => client.destroy(), HEAD_MS);
  try {
    for (;;) {
      const chunk = await nextChunk(client);
      if (chunk === undefined) return undefined;
      data = Buffer.concat([data, chunk]);
      const end = data.indexOf('\r\n\r\n');
      if (end >= 0) return { head: data.toString('latin1', 0, end), rest: data.subarray(end + 4) };
      if (data.length > LONGEST_HEAD) return undefined;
    }
  } finally {
    clearTimeout(timer);
  }
}

function nextChunk(client: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const done = (chunk: Buffer | undefined): void => {
      client.pause();
      client.off('data', done);
      client.off('end', ended);
      client.off('close', ended);
      resolve(chunk);
    };
    const ended = (): void => done(undefined);
    client.on('data', done);
    client.on('end', ended);
    client.on('close', ended);
    client.resume();
  });
}

export interface ProxyRequest {
  host: string;
  port: number;
  /** What the target gets of the head; undefined for CONNECT. */
  forwarded: string | undefined;
}

/** @returns undefined for what is no request to a proxy */
export function parseRequest(head: string): ProxyRequest | undefined {
  const [line = '', ...headers] = head.split('\r\n');
  const [, method = '', target = ''] = /^([A-Z]{1,20}) (\S+) HTTP\/1\.[01]$/.exec(line) ?? [];
  if (method === 'CONNECT') return hostOf(target, undefined, undefined);
  const [, authority = '', path = ''] = /^http:\/\/([^/?#@\s]+)([/?]\S*)?$/i.exec(target) ?? [];
  if (authority === '') return undefined;
  const kept = headers.filter((header) => !/^(proxy-[\w-]+|connection|keep-alive):/i.test(header));
  const whole = path.startsWith('/') ? path : `/${path}`;
  // Each request of a connection could have another target.
  const forwarded = [`${method} ${whole} HTTP/1.1`, ...kept, 'Connection: close', '', ''].join('\r\n');
  return hostOf(authority, 80, forwarded);
}

function hostOf(
  authority: string,
  standard: number | undefined,
  forwarded: string | undefined,
): ProxyRequest | undefined {
  const [, host = '', digits] = /^([\w.-]{1,253})(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const port = digits === undefined ? standard : Number(digits);
  if (host === '' || port === undefined || port < 1 || port > 65_535) return undefined;
  return { host: host.toLowerCase().replace(/\.$/, ''), port, forwarded };
}

async function open(host: string, port: number): Promise<Socket | undefined> {
  const socket = connect({ host, port, allowHalfOpen: true });
  const timer = setTimeout(() => socket.destroy(new Error('no answer')), CONNECT_MS);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function refuse(client: Socket, status: number, why: string): void {
  const reasons: Record<number, string> = { 400: 'Bad Request', 403: 'Forbidden', 502: 'Bad Gateway' };
  const body = `dewar: ${why}\n`;
  client.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
