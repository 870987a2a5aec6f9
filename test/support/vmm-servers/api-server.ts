import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiDescription, Refusal } from './api-description.ts';
import { ORDERED_FAULT } from './control.ts';
import type { CallEntry, Control } from './control.ts';
import { misdeeds } from './misdeeds.ts';

/** What stands behind an API. */
export interface ApiHandler {
  state(): string;
  /** @returns what a call gives; `after` runs when the answer was sent */
  handle(method: string, path: string, body: unknown): Promise<ApiAnswer>;
  /** @returns the answer to what the description does not have */
  refuse(method: string, path: string, refusal: Refusal): ApiAnswer;
  /** @returns a refusal in the words of this API */
  fault(message: string): ApiAnswer;
}

export interface ApiAnswer {
  status: number;
  body?: unknown;
  after?: () => void;
}

/**
 * Serves an API on a unix socket, one call at a time: checks each request against the description, does what was ordered
 * instead, logs it.
 */
export function serveApi(
  path: string,
  description: ApiDescription,
  control: Control,
  handler: ApiHandler,
): Promise<void> {
  let busy: Promise<void> = Promise.resolve();
  const misdeedOf = misdeeds(control);
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    busy = busy.then(() => answer(request, response)).catch((error: unknown) => failLoudly(error));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const text = await readAll(request);
    const call = `${method} ${url}`;
    const entry: CallEntry = { pid: process.pid, call, state: handler.state() };
    const order = misdeedOf(call);
    const misdeed = order?.does;
    const body = parse(text);
    if (body !== undefined && body !== UNREADABLE) entry.body = body;
    const refusal =
      body === UNREADABLE
        ? ({ kind: 'body', why: 'it is no JSON' } as const)
        : description.refuses({ method, path: url, body });
    if (refusal !== undefined) entry.invalid = true;
    if (misdeed === 'stall' || misdeed === 'drop' || misdeed === 'die') {
      const late = order?.late === true && refusal === undefined;
      const done = late ? await handler.handle(method, url, body) : undefined;
      control.append({ ...entry, ...(done !== undefined && { status: done.status }) });
      // A VMM answers one call at a time: one that stalls answers none.
      if (misdeed === 'stall') return late ? undefined : new Promise(() => undefined);
      if (misdeed === 'drop') return void request.socket.destroy();
      return void process.kill(process.pid, 'SIGKILL');
    }
    const given =
      refusal !== undefined
        ? handler.refuse(method, url, refusal)
        : misdeed === 'fault'
          ? handler.fault(order?.says ?? ORDERED_FAULT)
          : await handler.handle(method, url, body);
    const said = given.body === undefined ? undefined : JSON.stringify(given.body);
    control.append({
      ...entry,
      status: given.status,
      ...(given.status >= 300 && { fault: refusal?.why ?? said ?? '' }),
    });
    response.writeHead(
      given.status,
      said === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(said) },
    );
    await new Promise<void>((resolve) => response.end(said, resolve));
    given.after?.();
  }
}

const UNREADABLE = Symbol('no JSON');

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return UNREADABLE;
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function failLoudly(error: unknown): never {
  process.stderr.write(`the stand-in is broken: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(70);
}
