import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import { connectVmmApi, isVmmFault } from './vmm-api.ts';
import type { VmmApi, VmmApiOptions } from './vmm-api.ts';

let directory = '';
let socket = '';
let server: Server | undefined;
let api: VmmApi | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-vmm-api-'));
  socket = join(directory, 'api.sock');
});
afterEach(async () => {
  api?.[Symbol.dispose]();
  api = undefined;
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

interface Asked {
  what: string;
  type: string | undefined;
  body: string;
}

/** A VMM that answers each request as the test says. */
async function vmm(
  answer: (request: Asked, response: ServerResponse, message: IncomingMessage) => void,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  server = createServer((message, response) => {
    let body = '';
    message.on('data', (chunk: Buffer) => (body += chunk.toString()));
    message.on('end', () => {
      const what = `${message.method} ${message.url}`;
      const request = { what, type: message.headers['content-type'], body };
      asked.push(request);
      answer(request, response, message);
    });
  });
  await listen(server);
  return asked;
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(socket, resolve));
}

const OPTIONS: VmmApiOptions = {
  peer: 'the VMM',
  deadlineMs: 5_000,
  faultOf: (body) => (body as { fault_message?: string }).fault_message,
};

async function connect(options: Partial<VmmApiOptions> = {}): Promise<VmmApi> {
  api = await connectVmmApi(socket, { ...OPTIONS, ...options });
  return api;
}

async function failureOf(work: Promise<unknown>): Promise<DewarError> {
  const error: unknown = await work.then(
    () => new Error('it went well'),
    (failure: unknown) => failure,
  );
  if (error instanceof DewarError) return error;
  throw error;
}

describe('the API of a VMM', () => {
  test('sends JSON, and gives the answer', async () => {
    const asked = await vmm(({ what }, response) => {
      if (what === 'GET /vm') response.end('{"state":"Paused"}');
      else response.writeHead(204).end();
    });
    const vm = await connect();
    expect(await vm.call('PUT', '/drives/root', { drive_id: 'root' })).toBeUndefined();
    expect(await vm.call('GET', '/vm')).toEqual({ state: 'Paused' });
    expect(asked).toEqual([
      { what: 'PUT /drives/root', type: 'application/json', body: '{"drive_id":"root"}' },
      { what: 'GET /vm', type: undefined, body: '' },
    ]);
  });

  test('reaches a socket whose path is longer than the kernel takes', async () => {
    const deep = join(directory, 'd'.repeat(120));
    await mkdir(deep);
    server = createServer((_, response) => response.end('7'));
    // The server has a short way to it.
    const cwd = process.cwd();
    process.chdir(deep);
    await new Promise<void>((resolve) => server?.listen('api.sock', resolve));
    process.chdir(cwd);
    api = await connectVmmApi(join(deep, 'api.sock'), OPTIONS);
    expect(await api.call('GET', '/')).toBe(7);
  });

  test('waits until the VMM listens', async () => {
    const connecting = connect();
    server = createServer((_, response) => response.end('1'));
    await listen(server);
    expect(await (await connecting).call('GET', '/')).toBe(1);
  });

  test('gives up where nobody listens', async () => {
    const failure = await failureOf(connect({ deadlineMs: 50 }));
    expect(failure).toMatchObject({ code: 'NO_ANSWER', message: expect.stringContaining(socket) });
  });

  test('says why a VMM that never listened is gone', async () => {
    const gone = new DewarError({ code: 'MACHINE_ENDED', message: 'it ended', mend: 'read the log' });
    expect(await failureOf(connect({ whyGone: () => gone }))).toBe(gone);
  });

  test('carries the fault of a refusal', async () => {
    await vmm((_, response) => response.writeHead(400).end('{"fault_message":"no such drive"}'));
    const failure = await failureOf((await connect()).call('PATCH', '/drives/x', {}));
    expect(failure).toMatchObject({
      code: 'COMMAND_REFUSED',
      message: 'the VMM refused PATCH /drives/x: no such drive',
      cause: { status: 400, message: 'no such drive' },
    });
    expect(isVmmFault(failure)).toBe(true);
  });

  test.each([
    ['plain words', 'it is broken', 'it is broken'],
    ['nothing', '', 'status 500'],
    ['other JSON', '["no","fault"]', '["no","fault"]'],
  ])('a refusal may say %s', async (_, body, fault) => {
    await vmm((__, response) => response.writeHead(500).end(body));
    const failure = await failureOf((await connect()).call('GET', '/'));
    expect(failure.message).toBe(`the VMM refused GET /: ${fault}`);
  });

  test('an answer that is no JSON is none', async () => {
    await vmm((_, response) => response.end('<html>'));
    expect(await failureOf((await connect()).call('GET', '/'))).toMatchObject({ code: 'BAD_ANSWER' });
  });

  test('an answer that never ends is not kept', async () => {
    await vmm((_, response) => {
      const more = (): void => void (response.destroyed || response.write(Buffer.alloc(1 << 20), more));
      more();
    });
    expect(await failureOf((await connect()).call('GET', '/'))).toMatchObject({ code: 'BAD_ANSWER' });
  });

  test('has deadlines of its own for a call, and goes on after one that was missed', async () => {
    await vmm(({ what }, response) => {
      if (what !== 'GET /slow') response.end('2');
    });
    const vm = await connect();
    const failure = await failureOf(vm.call('GET', '/slow', undefined, { deadlineMs: 50 }));
    expect(failure).toMatchObject({
      code: 'NO_ANSWER',
      message: 'the VMM did not answer GET /slow within 0.05 s',
    });
    expect(await vm.call('GET', '/quick')).toBe(2);
  });

  test.each(['headers', 'half an answer'])('notices a connection that is lost after %s', async (when) => {
    await vmm((_, response) => {
      if (when === 'headers') response.destroy();
      else response.writeHead(200, { 'content-length': '100' }).write('{"half":', () => response.destroy());
    });
    expect(await failureOf((await connect()).call('PUT', '/actions', {}))).toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('PUT /actions'),
    });
  });

  test('says why the VMM went when a connection is lost', async () => {
    const gone = new DewarError({ code: 'MACHINE_ENDED', message: 'it ended', mend: 'read the log' });
    let over = false;
    await vmm((_, response) => {
      over = true;
      response.destroy();
    });
    const vm = await connect({ whyGone: () => (over ? gone : undefined) });
    expect(await failureOf(vm.call('GET', '/'))).toBe(gone);
  });

  test('ends a call when its signal says so, or that of all calls', async () => {
    await vmm(() => undefined);
    const [all, one] = [new AbortController(), new AbortController()];
    const vm = await connect({ signal: all.signal });
    const first = failureOf(vm.call('GET', '/', undefined, { signal: one.signal }));
    one.abort();
    expect(await first).toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    const second = failureOf(vm.call('GET', '/'));
    all.abort();
    expect(await second).toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
  });

  test('logs what is said', async () => {
    await vmm((_, response) => response.writeHead(204).end());
    const lines: string[] = [];
    await (
      await connect({ log: (direction, line) => lines.push(direction + line) })
    ).call('PUT', '/x', { a: 1 });
    expect(lines).toEqual(['>PUT /x {"a":1}', '<204']);
  });
});
