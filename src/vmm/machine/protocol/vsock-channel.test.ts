import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectGuestAgent } from './guest-agent.ts';

let directory = '';
let path = '';
let server: Server | undefined;
let connections: string[][] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-vsock-'));
  path = join(directory, 'vsock.sock');
  connections = [];
});
afterEach(async () => {
  server?.close();
  await rm(directory, { recursive: true });
});

/** A monitor's socket, with an agent at the other end once `isListening` says so. */
async function monitor(
  isListening: (tries: number) => boolean,
  onCommand: (command: { execute: string; id: number }, socket: Socket) => boolean = () => false,
  greet = (socket: Socket): unknown => socket.write('OK 1073741824\n'),
): Promise<void> {
  server = createServer((socket) => {
    const lines: string[] = [];
    connections.push(lines);
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const whole = text.split('\n');
      text = whole.pop() ?? '';
      for (const line of whole) {
        lines.push(line);
        if (lines.length === 1) {
          if (isListening(connections.length)) greet(socket);
          else socket.destroy();
        } else answer(line, socket);
      }
    });
  });
  const answer = (line: string, socket: Socket): void => {
    const command = JSON.parse(line.slice(line.indexOf('{'))) as {
      execute: string;
      id: number;
      arguments?: { id: number };
    };
    if (onCommand(command, socket)) return;
    const value = command.execute === 'guest-sync-delimited' ? command.arguments?.id : {};
    socket.write(`${JSON.stringify({ return: value, id: command.id })}\n`);
  };
  await new Promise<void>((resolve) => server?.listen(path, resolve));
}

const OPTIONS = { peer: 'the agent', deadlineMs: 5_000, vsockPort: 1024 };

test('asks for the port, again and again until somebody listens there', async () => {
  await monitor((tries) => tries > 3);
  using agent = await connectGuestAgent(path, OPTIONS);
  expect(connections).toEqual([]);
  await agent.synchronize({});
  await agent.ping();
  expect(connections.map(([first]) => first)).toEqual(Array.from({ length: 4 }, () => 'CONNECT 1024'));
  expect(connections[3]?.slice(1).map((line) => (JSON.parse(line) as { execute: string }).execute)).toEqual([
    'guest-sync-delimited',
    'guest-ping',
  ]);
});

test('what comes in one piece with the acknowledgement is not lost', async () => {
  await monitor(
    () => true,
    undefined,
    (socket) => socket.write('OK 7\n{"return":{},"id":1}\n{"event":"X"}\n'),
  );
  const seen: unknown[] = [];
  using agent = await connectGuestAgent(path, { ...OPTIONS, onMessage: (message) => seen.push(message) });
  await agent.ping();
  // the first came before anything was asked
  expect(seen).toEqual([{ return: {}, id: 1 }, { event: 'X' }]);
});

test('comes back after the connection was lost', async () => {
  await monitor(
    () => true,
    ({ execute }, socket) => {
      if (execute !== 'guest-ping' || connections.length > 1) return false;
      socket.destroy();
      return true;
    },
  );
  using agent = await connectGuestAgent(path, OPTIONS);
  await expect(agent.ping()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  await agent.ping();
  expect(connections).toHaveLength(2);
});

test('calls at the same time share one connection', async () => {
  await monitor(() => true);
  using agent = await connectGuestAgent(path, OPTIONS);
  await Promise.all([agent.ping(), agent.ping(), agent.ping()]);
  expect(connections).toHaveLength(1);
});

test.each([
  ['nobody listens', (): boolean => false, undefined],
  ['the monitor says nothing', (): boolean => true, (): boolean => true],
  ['the monitor says something else', (): boolean => true, (socket: Socket): boolean => socket.write('NO\n')],
])('a guest is silent when %s', async (_name, isListening, greet) => {
  await monitor(isListening, undefined, greet);
  using agent = await connectGuestAgent(path, OPTIONS);
  await expect(agent.synchronize({ deadlineMs: 300 })).rejects.toMatchObject({ code: 'GUEST_SILENT' });
});

test('waiting for a guest ends with the machine, with a signal, and with the connection', async () => {
  await monitor(() => false);
  const ended = new Error('the machine ended');
  let end: Error | undefined;
  using first = await connectGuestAgent(path, { ...OPTIONS, whyGone: () => end as never });
  setTimeout(() => (end = ended), 100);
  await expect(first.synchronize({})).rejects.toBe(ended);

  using second = await connectGuestAgent(path, OPTIONS);
  const abort = AbortSignal.timeout(100);
  await expect(second.synchronize({ signal: abort })).rejects.toMatchObject({ code: 'INTERRUPTED' });

  const third = await connectGuestAgent(path, OPTIONS);
  setTimeout(() => third[Symbol.dispose](), 100);
  await expect(third.synchronize({})).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
});
